import { expect, test } from 'vitest';
import { startProcessNetwork } from '../../src/runtimes/process/process-network.ts';
import { runScenario } from '../../src/scenario/index.ts';
import { schedule } from '../../src/scenario/schedule/schedule.ts';
import { scenario, topology } from '../support/scenario-fixtures.ts';
import { scenarioContract } from './scenario-contract.ts';

scenarioContract((topology) => startProcessNetwork(topology));

test('a scenario with faults that the runtime does not support is refused before its first step', async () => {
  const network = await startProcessNetwork({ ...topology(), name: 'refused' });
  try {
    const events: unknown[] = [];
    const steps = schedule(scenario('- kill: a\n- { at: 1s, cut: b <-> c }\n- { at: 1s, pause: d }'));
    const run = runScenario(steps, network, { onEvent: (event) => events.push(event) });
    await expect(run).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('partitions and cuts, pause'),
    });
    expect(events).toEqual([]);
    expect((await network.nodes()).map(({ state }) => state)).toEqual(Array(5).fill('running'));
  } finally {
    await network.down();
  }
});
