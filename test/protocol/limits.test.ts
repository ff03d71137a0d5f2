import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, limitsFromEnvironment, limitVariable } from '../../src/protocol/index.ts';

test('limits without an environment are the documented ones', () => {
  expect(limitsFromEnvironment({})).toEqual(DEFAULT_LIMITS);
  expect(DEFAULT_LIMITS).toMatchObject({
    maxMessage: 1_048_576,
    maxDepth: 128,
    messageTimeoutMs: 10_000,
    idleTimeoutMs: 30_000,
    pingIntervalMs: 30_000,
    deadAfterMs: 90_000,
    maxInbound: 512,
    maxInboundPerAddress: 64,
    maxPeers: 1_024,
    maxSendQueue: 1_048_576,
    messagesPerSecond: 500,
    messagesBurst: 1_000,
    linkMessagesPerSecond: 5_000,
    addPeersPerSecond: 1,
    addPeersBurst: 100,
    maxSeenIds: 50_000,
    seenAgeMs: 120_000,
    maxHops: 32,
    maxListedIds: 1_000,
    maxWanted: 5_000,
    wantTimeoutMs: 3_000,
    maxKept: 4_194_304,
    keptAgeMs: 30_000,
    redialMinMs: 250,
    redialMaxMs: 30_000,
  });
});

test('each limit has a variable that sets it alone', () => {
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]) {
    expect(limitVariable(name)).toMatch(/^DEVNET_[A-Z_]+$/);
    const other = DEFAULT_LIMITS[name] + 1;
    expect(limitsFromEnvironment({ [limitVariable(name)]: String(other) })).toEqual({
      ...DEFAULT_LIMITS,
      [name]: other,
    });
  }
  expect(limitVariable('maxMessage')).toBe('DEVNET_MAX_MESSAGE');
});

test.each(['0', '-1', '1.5', '1e6', 'many', ' 2000', '999999999999', '9'.repeat(40)])(
  '%s bytes are no limit',
  (value) => {
    expect(() => limitsFromEnvironment({ DEVNET_MAX_MESSAGE: value })).toThrow(
      `DEVNET_MAX_MESSAGE is "${value}"; it must be a whole number from 1024 to 67108864`,
    );
  },
);

test('an empty variable is ignored', () => {
  expect(limitsFromEnvironment({ DEVNET_MAX_MESSAGE: '' })).toEqual(DEFAULT_LIMITS);
});
