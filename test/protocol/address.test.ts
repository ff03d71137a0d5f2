import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, ProtocolError, parseAddress } from '../../src/protocol/index.ts';

describe('parses addresses', () => {
  test.each<[unknown, string]>([
    ['10.0.1.2:3000', '10.0.1.2:3000'],
    ['node-1.example:1', 'node-1.example:1'],
    ['NODE_1:65535', 'node_1:65535'],
    ['xn--bcher-kva:80', 'xn--bcher-kva:80'],
    ['3com.1a:80', '3com.1a:80'],
    ['[::1]:3000', '[::1]:3000'],
    ['[0:0:0:0:0:0:0:1]:3000', '[::1]:3000'],
    ['[2001:DB8::00A]:3000', '[2001:db8::a]:3000'],
    ['[::ffff:10.0.1.2]:3000', '10.0.1.2:3000'],
    ['[::FFFF:0a00:0102]:3000', '10.0.1.2:3000'],
    ['[fe80::1%eth0]:3000', '[fe80::1%eth0]:3000'],
    [3000, '192.168.0.9:3000'],
    ['3000', '192.168.0.9:3000'],
    [{ port: 3000 }, '192.168.0.9:3000'],
    [{ port: '3000' }, '192.168.0.9:3000'],
    [{ host: '10.0.1.2', port: 3000 }, '10.0.1.2:3000'],
    [{ host: '::1', port: 3000, more: true }, '[::1]:3000'],
    [{ host: '[::1]', port: 3000 }, '[::1]:3000'],
    [{ host: 'n1', port: '80' }, 'n1:80'],
  ])('%j is %s', (payload, text) => {
    const address = parseAddress(payload, '::ffff:192.168.0.9');
    expect(formatAddress(address)).toBe(text);
    expect(parseAddress(text)).toEqual(address);
  });
});

describe('refuses addresses', () => {
  test.each<[unknown, RegExp]>([
    [undefined, /not nothing/],
    [null, /not null/],
    [true, /not true/],
    [[3000], /not an array/],
    ['', /no port/],
    ['n1', /"n1" has no port/],
    ['10.0.1.2', /no port/],
    ['n1:', /port is a whole number/],
    [':3000', /neither an IP address nor a host name/],
    ['n1:0', /from 1 to 65535, not "0"/],
    ['n1:65536', /not "65536"/],
    ['n1:-1', /port/],
    ['n1:03000', /port/],
    ['n1:3e3', /port/],
    ['n1: 3000', /port/],
    ['n1:3000 ', /port/],
    [' n1:3000', /neither/],
    ['::1:3000', /"\[address\]:port"/],
    ['[::1]', /port/],
    ['[10.0.1.2]:3000', /is not an IPv6 address/],
    ['[::1]x:3000', /neither/],
    ['[::1%]:3000', /neither/],
    ['010.1.1.1:3000', /neither/],
    ['1.2.3:3000', /neither/],
    ['0x7f.0.0.1:3000', /neither/],
    ['2130706433:3000', /neither/],
    ['0x7f000001:3000', /neither/],
    ['256.1.1.1:3000', /neither/],
    ['1.2.3.4.:3000', /neither/],
    ['a..b:3000', /neither/],
    ['-a:3000', /neither/],
    ['bücher:3000', /neither/],
    ['a\0b:3000', /neither/],
    ['http://n1:3000', /IPv6|neither/],
    ['0.0.0.0:3000', /every local address/],
    ['[::]:3000', /every local address/],
    [0, /not 0/],
    [65536, /not 65536/],
    [-1, /not -1/],
    [3000.5, /not 3000.5/],
    ['0', /not "0"/],
    ['03000', /not "03000"/],
    ['99999999', /port/],
    [{}, /port/],
    [{ host: 'n1' }, /port/],
    [{ host: null, port: 3000 }, /a host is a string, not null/],
    [{ host: 'n1', port: null }, /not null/],
    [{ host: 'n1:3000', port: 3000 }, /neither/],
    [`${'a'.repeat(300)}:3000`, /at most 253 characters, not 300/],
    [`${'a'.repeat(64)}:3000`, /neither/],
    ['9'.repeat(1_000_000), /^.{0,200}$/],
    [{ host: 'n1', port: '9'.repeat(1_000_000) }, /^.{0,200}$/],
  ])('%#', (payload, message) => {
    expect(() => parseAddress(payload, '192.168.0.9')).toThrow(ProtocolError);
    expect(() => parseAddress(payload, '192.168.0.9')).toThrow(message);
  });

  test('refuses a port without a sender', () => {
    expect(() => parseAddress(3000)).toThrow('needs a sender');
  });
});

test('parses any text to a canonical address, or refuses it in one short line', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain()),
      fc.oneof(fc.string(), fc.nat(70_000)),
      (host, port) => {
        try {
          const address = parseAddress(`${host}:${port}`);
          expect(parseAddress(formatAddress(address))).toEqual(address);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect((error as Error).message.length).toBeLessThan(600);
        }
      },
    ),
  );
});
