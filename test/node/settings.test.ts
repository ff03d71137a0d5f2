import { expect, test } from 'vitest';
import { settingsFromEnvironment } from '../../src/node/settings.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/index.ts';

test('an empty environment sets the defaults', () => {
  const defaults = {
    name: 'host1',
    port: 3000,
    host: undefined,
    admins: [],
    level: 'info',
    strategy: { kind: 'flood' },
    seed: undefined,
    limits: DEFAULT_LIMITS,
  };
  expect(settingsFromEnvironment({}, 'host1')).toEqual(defaults);
  const empty = {
    DEVNET_NAME: '',
    DEVNET_PORT: '',
    DEVNET_HOST: '',
    DEVNET_ADMIN: ' ,',
    DEVNET_LOG_LEVEL: '',
    DEVNET_GOSSIP: '',
    DEVNET_SEED: '',
  };
  expect(settingsFromEnvironment(empty, 'host1')).toEqual(defaults);
});

test('every setting can be set', () => {
  const environment = {
    DEVNET_NAME: 'n1',
    DEVNET_PORT: '4000',
    DEVNET_HOST: '127.0.0.5',
    DEVNET_ADMIN: '10.0.0.1, ::ffff:10.0.0.2,fe80::0001',
    DEVNET_LOG_LEVEL: 'debug',
    DEVNET_GOSSIP: 'fanout:3',
    DEVNET_SEED: '4294967295',
    DEVNET_MAX_PEERS: '7',
  };
  expect(settingsFromEnvironment(environment, 'host1')).toEqual({
    name: 'n1',
    port: 4000,
    host: '127.0.0.5',
    admins: ['10.0.0.1', '10.0.0.2', 'fe80::1'],
    level: 'debug',
    strategy: { kind: 'fanout', copies: 3 },
    seed: 4_294_967_295,
    limits: { ...DEFAULT_LIMITS, maxPeers: 7 },
  });
});

test.each([
  [{ DEVNET_PORT: '65536' }, 'DEVNET_PORT is "65536"; it must be a whole number from 0 to 65535'],
  [{ DEVNET_PORT: 'http' }, 'DEVNET_PORT is "http"'],
  [{ DEVNET_HOST: 'example.com' }, 'DEVNET_HOST is "example.com"; it must be an IP address'],
  [{ DEVNET_ADMIN: '10.0.0.1,10.0.0.256' }, 'DEVNET_ADMIN holds "10.0.0.256"'],
  [{ DEVNET_ADMIN: '0.0.0.0' }, 'DEVNET_ADMIN holds "0.0.0.0"'],
  [{ DEVNET_LOG_LEVEL: 'all' }, 'DEVNET_LOG_LEVEL is "all"; it must be one of debug, info, warn, error'],
  [
    { DEVNET_GOSSIP: 'fanout:0' },
    'DEVNET_GOSSIP is "fanout:0"; it must be flood, announce, or fanout:K with K from 1 to 1024',
  ],
  [{ DEVNET_GOSSIP: 'fan-out 3' }, 'DEVNET_GOSSIP is "fan-out 3"; it must be flood, announce, or fanout:K'],
  [{ DEVNET_SEED: '4294967296' }, 'DEVNET_SEED is "4294967296"; it must be a whole number from 0 to 4294967295'],
  [{ DEVNET_SEED: '-1' }, 'DEVNET_SEED is "-1"'],
  [{ DEVNET_NAME: 'a\nb' }, 'DEVNET_NAME is "a\\nb"'],
  [{ DEVNET_MAX_PEERS: '0' }, 'DEVNET_MAX_PEERS is "0"'],
])('refuses %j', (environment, message) => {
  expect(() => settingsFromEnvironment(environment, 'host1')).toThrow(message);
});
