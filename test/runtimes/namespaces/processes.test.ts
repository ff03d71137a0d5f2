import { describe, expect, it } from 'vitest';
import { parseParent } from '../../../src/runtimes/namespaces/supervisor/nodes/processes.ts';
import { parseProcess, parseTraffic } from '../../../src/runtimes/namespaces/supervisor/nodes/resource-usage.ts';

const STAT = '42 (a) b (c) S 7 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 1 1 1';

describe('the text of /proc', () => {
  it('names the parent of a process, whatever its program is called', () => {
    expect(parseParent(STAT)).toBe(7);
  });

  it('tells the processor time and the memory of a process', () => {
    expect(parseProcess(STAT, 'Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t    64 kB\n')).toEqual({
      cpu: 3_000_000_000,
      memory: 65_536,
    });
  });

  it('tells the traffic of a node', () => {
    const text = `Inter-|   Receive        |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo:     10 1 0 0 0 0 0 0       10 1 0 0 0 0 0 0
  eth0: 123456 9 0 0 0 0 0 0     7890 5 0 0 0 0 0 0
`;
    expect(parseTraffic(text)).toEqual({ received: 123_456, sent: 7_890 });
    expect(parseTraffic('')).toEqual({ received: 0, sent: 0 });
  });
});
