import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../../src/experiment/plan/experiment.ts';
import { startFaultTimeline } from '../../../src/experiment/run/fault-timeline.ts';
import type { ScenarioNetwork } from '../../../src/scenario/index.ts';
import { schedule } from '../../../src/scenario/index.ts';
import { DevnetError } from '../../../src/shared/errors.ts';
import { scenario } from '../../support/scenario-fixtures.ts';

const steps = (text: string) => schedule(scenario(text)) as TimedFault[];

/** A network that records its faults; `trouble` may throw. */
function devnet(trouble: (what: string) => void = () => {}) {
  const done: string[] = [];
  const waiting = new Map<string, () => void>();
  const does = async (what: string) => {
    trouble(what);
    done.push(what);
    waiting.get(what)?.();
  };
  const actions = {
    prepareFaults: () => does('prepare'),
    inject: async (fault: { kind: string }) => {
      await does(fault.kind);
      return { fault, heal: () => does(`heal ${fault.kind}`) };
    },
  } as unknown as ScenarioNetwork;
  const until = (what: string) =>
    new Promise<void>((resolve) => {
      if (done.includes(what)) resolve();
      waiting.set(what, resolve);
    });
  return { actions, done, until };
}

const never = new AbortController().signal;

describe('the faults of a run', () => {
  it('stay in force after the last step, and are healed at the end', async () => {
    const one = devnet();
    const timeline = await startFaultTimeline(
      steps('- { name: a, kill: a }\n- { at: 1h, kill: b }'),
      one.actions,
      never,
    );
    await one.until('kill');
    expect(one.done).toEqual(['prepare', 'kill']);
    const spans = await timeline.stop();
    expect(one.done).toEqual(['prepare', 'kill', 'heal kill']);
    expect(spans).toEqual([{ name: 'a', what: 'kill a', from: expect.any(Number), to: null }]);
    expect(timeline.failed.aborted).toBe(false);
  });

  it('are returned with the times at which they began and ended', async () => {
    const one = devnet();
    const text = '- { name: a, pause: a, for: 20ms }\n- { at: 30ms, restart: b }';
    const timeline = await startFaultTimeline(steps(text), one.actions, never);
    await one.until('restart');
    const [pause, restart] = await timeline.stop();
    expect(pause).toMatchObject({ name: 'a', what: 'pause a' });
    expect(pause!.to! - pause!.from).toBeGreaterThanOrEqual(19);
    expect(restart!.from).toBeGreaterThanOrEqual(29);
    expect(restart!.to).toBe(restart!.from);
  });

  it('fail the run when one cannot be injected, and the others are healed', async () => {
    const one = devnet((what) => {
      if (what === 'pause') throw new DevnetError('engine_failed', 'no');
    });
    const timeline = await startFaultTimeline(steps('- kill: a\n- { at: 5ms, pause: b }'), one.actions, never);
    if (!timeline.failed.aborted) await new Promise((resolve) => timeline.failed.addEventListener('abort', resolve));
    await expect(timeline.stop()).rejects.toMatchObject({ message: 'no' });
    expect(timeline.failed.reason).toMatchObject({ message: 'no' });
    expect(one.done).toEqual(['prepare', 'kill', 'heal kill']);
  });

  it('do not start where they cannot be prepared', async () => {
    const one = devnet(() => {
      throw new DevnetError('links_failed', 'no module');
    });
    await expect(startFaultTimeline(steps('- kill: a'), one.actions, never)).rejects.toThrow('no module');
  });

  it('of time 0 are in force before time starts', async () => {
    const one = devnet();
    const text = '- kill: a\n- pause: b\n- { at: 5ms, kill: c }';
    const slow = {
      ...one.actions,
      inject: async (
        fault: Parameters<ScenarioNetwork['inject']>[0],
        tag: Parameters<ScenarioNetwork['inject']>[1],
      ) => {
        await new Promise((resolve) => setImmediate(resolve));
        return one.actions.inject(fault, tag);
      },
    };
    const timeline = await startFaultTimeline(steps(text), slow, never);
    expect(one.done).toEqual(['prepare', 'kill', 'pause']);
    const spans = await timeline.stop();
    expect(spans.slice(0, 2).map(({ name, from }) => [name, from])).toEqual([
      ['kill-a', 0],
      ['pause-b', 0],
    ]);
  });

  it('are healed at Ctrl-C', async () => {
    const one = devnet();
    const interrupt = new AbortController();
    const timeline = await startFaultTimeline(steps('- kill: a'), one.actions, interrupt.signal);
    await one.until('kill');
    interrupt.abort(new Error('interrupted'));
    await expect(timeline.stop()).rejects.toThrow('interrupted');
    expect(one.done.at(-1)).toBe('heal kill');
  });

  it('are none without steps', async () => {
    const one = devnet();
    const timeline = await startFaultTimeline([], one.actions, never);
    expect(await timeline.stop()).toEqual([]);
    expect(one.done).toEqual([]);
  });
});
