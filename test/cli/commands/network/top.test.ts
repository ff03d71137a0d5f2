import { describe, expect, it } from 'vitest';
import { formatOverview } from '../../../../src/cli/commands/network/top.ts';

const node = (name: string, state: 'running' | 'exited') => ({ name, state, host: '10.64.0.2', port: 3000 });

describe('formatOverview', () => {
  it('lists nodes with what they use, and the faults in force below them', () => {
    const usage = { memory: 5 * 2 ** 20, memoryLimit: 128 * 2 ** 20, received: 0, sent: 0 };
    const interval = { before: { ...usage, time: 0, cpu: 0 }, now: { ...usage, time: 1_000, cpu: 1e8 } };
    const faults = [
      { name: 'split', description: 'a <-> b cut', since: Date.UTC(2026, 0, 1, 12, 30, 5), by: 'ada@host' },
    ];
    const text = formatOverview(
      { nodes: [node('a', 'running'), node('b', 'exited')], faults },
      new Map([['a', interval]]),
    );
    expect(text).toMatch(/^a +running +5\.00 MiB of 128 MiB +10\.0 %/m);
    expect(text).toMatch(/^b +exited +- /m);
    expect(text).toMatch(/^split +a <-> b cut +12:30:05 +healed +ada@host$/m);
  });

  it('says nothing of faults where there are none, and the reason where they are not known', () => {
    const nodes = [node('a', 'running')];
    expect(formatOverview({ nodes, faults: [] }, new Map())).not.toMatch(/fault/i);
    const unknown = formatOverview({ nodes, faults: [], faultsUnknown: 'the netem agent ended' }, new Map());
    expect(unknown).toMatch(/faults on links are not known: the netem agent ended$/m);
  });
});
