import { describe, expect, it } from 'vitest';
import { buildRemovalBatch, buildTcBatches, type Qdisc, tcClassId } from '../../../../src/agents/netem/kernel/tc.ts';
import { addressOf } from '../link-state-fixture.ts';

const ports = new Map([
  [addressOf(1), 'veth1'],
  [addressOf(2), 'veth2'],
]);
const none = (dev: string): Qdisc => ({ dev, kind: 'noqueue', handle: '0:', root: true });
const ours = (dev: string): Qdisc => ({ dev, kind: 'htb', handle: 'de7e:', root: true });
const theirs = (dev: string): Qdisc => ({ dev, kind: 'tbf', handle: '1:', root: true });
const leaf = (dev: string, sender: string): Qdisc => ({
  dev,
  kind: 'netem',
  handle: '8001:',
  parent: `de7e:${tcClassId(sender)}`,
});

describe('buildTcBatches', () => {
  it('adds a queue towards the receiver, with a class for the sender', () => {
    const {
      before,
      after,
      unmanaged: foreign,
    } = buildTcBatches([{ from: addressOf(1), to: addressOf(2), rate: 8e6 }], ports, [none('veth2')]);
    expect(before.split('\n')).toEqual([
      'qdisc replace dev veth2 root handle de7e: htb default 0',
      'class replace dev veth2 parent de7e: classid de7e:2 htb rate 8000000bit ceil 8000000bit burst 1600 cburst 1600 quantum 65536',
      'qdisc replace dev veth2 parent de7e:2 bfifo limit 131072',
      '',
    ]);
    expect([after, foreign]).toEqual(['', []]);
  });

  it('changes our queue in place and removes the classes that are no longer declared', () => {
    const queues = [ours('veth2'), leaf('veth2', addressOf(1)), leaf('veth2', addressOf(3))];
    const { before, after } = buildTcBatches([{ from: addressOf(1), to: addressOf(2), delay: 5 }], ports, queues);
    expect(before).not.toContain('root');
    expect(after).toBe('class del dev veth2 classid de7e:4\n');
  });

  it('removes our queue from an interface towards which nothing is shaped any more', () => {
    const queues = [ours('veth1'), leaf('veth1', addressOf(2)), ours('veth2'), leaf('veth2', addressOf(1))];
    const { after } = buildTcBatches([{ from: addressOf(1), to: addressOf(2), delay: 5 }], ports, queues);
    expect(after).toBe('qdisc del dev veth1 root handle de7e:\n');
    expect(buildTcBatches([], new Map(), [theirs('veth1'), none('veth2')]).after).toBe('');
  });

  it.each([
    [{ delay: 50, jitter: 2.5 }, 'delay 50000us 2500us duplicate 0% corrupt 0% rate 100000000000bit'],
    [{ delay: 1, reorder: 0.25 }, 'delay 1000us 0us duplicate 0% reorder 25% corrupt 0% rate 100000000000bit'],
    [{ duplicate: 0.000_001, corrupt: 1 }, 'delay 0us 0us duplicate 0.0001% corrupt 100% rate 100000000000bit'],
  ])("translates %j to netem's options", (conditions, text) => {
    const { before } = buildTcBatches([{ from: addressOf(1), to: addressOf(2), ...conditions }], ports, [
      none('veth2'),
    ]);
    expect(before).toContain(`parent de7e:2 netem limit 20000 ${text}\n`);
  });

  it('leaves a foreign queue alone and reports it', () => {
    const condition = { from: addressOf(1), to: addressOf(2), rate: 1e6 };
    expect(buildTcBatches([condition], ports, [theirs('veth2')])).toEqual({
      before: '',
      after: '',
      newlyManaged: [],
      unmanaged: [theirs('veth2')],
    });
    expect(buildRemovalBatch([theirs('veth2'), ours('veth1'), none('veth3')])).toBe(
      'qdisc del dev veth1 root handle de7e:\n',
    );
  });

  it('skips a receiver that is not running', () => {
    expect(buildTcBatches([{ from: addressOf(1), to: addressOf(3), rate: 1e6 }], ports, []).before).toBe('');
  });
});
