import { describe, expect, it } from 'vitest';
import {
  captureArguments,
  captureExpression,
  isCapturing,
  parseDropped,
  parseFailure,
  parseInterfaceIndex,
} from '../../../src/agents/capture/capture-task.ts';

const place = 'net 10.64.0.0/24 and ((inbound and not ifindex 7) or (outbound and ifindex 7))';

describe('the expression of a capture', () => {
  it.each([
    [undefined, place],
    ['host 10.64.0.2', `${place} and (host 10.64.0.2)`],
    // An expression is never an option.
    ['-w /etc/passwd', `${place} and (-w /etc/passwd)`],
  ])('keeps the filter %s to the network', (filter, expression) => {
    const task = { bridge: 'br-1', subnet: '10.64.0.0/24', ...(filter === undefined ? {} : { filter }) };
    expect(captureExpression(task, 7)).toBe(expression);
  });

  it('leaves what comes from other hosts to them', () => {
    const task = { bridge: 'br0', subnet: '10.64.0.0/24', overlayId: 'xbwajw7twon3' };
    expect(captureExpression(task, 7, 8)).toBe(
      'net 10.64.0.0/24 and ((inbound and not ifindex 7 and not ifindex 8) or (outbound and ifindex 7))',
    );
  });

  it.each(['dumpcap', 'tcpdump'] as const)('is the last argument of %s', (program) => {
    expect(captureArguments(program, 'net 10.64.0.0/24').at(-1)).toBe('net 10.64.0.0/24');
  });
});

describe('what the tools say', () => {
  it.each([
    ['12 packets captured\n20 packets received by filter\n0 packets dropped by kernel\n', 0],
    ['2 packets captured\n1 packet dropped by kernel\n', 1],
    ['1 packet captured\n3 packets dropped by kernel\n5 packets dropped by interface\n', 3],
    [
      "Packets captured: 5\nPackets received/dropped on interface 'any': 5/2 (pcap:1/dumpcap:1/flushed:0/ps_ifdrop:0) (71.4%)\n",
      2,
    ],
    ['', 0],
  ])('tells %j', (text, dropped) => {
    expect(parseDropped(text)).toBe(dropped);
  });

  it.each([
    ["tcpdump: data link type LINUX_SLL2\ntcpdump: unknown network 'bogus'\n", "unknown network 'bogus'"],
    ["tcpdump: can't parse filter expression: syntax error\n", "can't parse filter expression: syntax error"],
    [
      "Capturing on 'any'\ndumpcap: Invalid capture filter \"x\" for interface 'any'.\n\nThat string isn't a valid capture filter (can't parse filter expression: syntax error).\nSee the User's Guide",
      "can't parse filter expression: syntax error",
    ],
    ['', 'no output'],
  ])('has the reason in %j', (text, failure) => {
    expect(parseFailure(text)).toBe(failure);
  });

  it.each([
    ['tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n', true],
    ["Capturing on 'any'\nFile: -\n", true],
    ["Capturing on 'any'\n", false],
    ['tcpdump: data link type LINUX_SLL2\n', false],
  ])('tells in %j whether packets are captured', (text, capturing) => {
    expect(isCapturing(text)).toBe(capturing);
  });

  it('has the number of an interface', () => {
    expect(parseInterfaceIndex('[{"ifindex":12,"ifname":"br-1"}]')).toBe(12);
    expect(() => parseInterfaceIndex('[]')).toThrow('no interface');
  });
});
