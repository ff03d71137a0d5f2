import { afterEach, expect, it, vi } from 'vitest';
import { report } from '../../src/cli/fail.ts';
import { asUnreachable } from '../../src/cli/unreachable.ts';
import { unroutable } from '../../src/devnet/route.ts';
import { DevnetError } from '../../src/errors.ts';

afterEach(() => vi.restoreAllMocks());

it.each([
  ['nobody listens', new DevnetError('node_unreachable', 'nobody listens', { hint: 'devnet status' }), 2],
  ['nobody ever listened', new DevnetError('node_silent', 'n1 does not listen', { hint: 'port' }), 2],
  ['it ended', new DevnetError('node_died', 'n1 exited with 1', { hint: 'devnet logs' }), 2],
  ['no way to its network', unroutable({ gateway: '10.0.0.1' } as Parameters<typeof unroutable>[0]), 2],
  ['no engine', new DevnetError('engine_missing', 'no engine answers', { hint: 'docker/engine up' }), 1],
])('devnet spec: %s', (_, cause, status) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(report(asUnreachable(cause))).toBe(status);
  const said = stderr.mock.calls.join('');
  expect(said).toContain(cause.message);
  expect(said).toContain(cause.hint);
});

it('an error that is not for people is none of a node', () => {
  const cause = new TypeError('no');
  expect(asUnreachable(cause)).toBe(cause);
});
