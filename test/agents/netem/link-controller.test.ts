import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunTool } from '../../../src/agents/netem/kernel/run-tool.ts';
import { createLinkController } from '../../../src/agents/netem/link-controller.ts';
import { addressOf, linkStateWith } from './link-state-fixture.ts';
import { SimulatedKernel } from './simulated-kernel.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Output of the tools on a machine without anything of ours. */
const OUTPUT = { nft: '{"nftables":[]}', tc: '[]', ip: '[]', bridge: '[]' };

it('a fault that has expired is healed in the end, though that fails at first', async () => {
  const events: string[] = [];
  let fails = false;
  const controller = createLinkController({
    run: async (tool) => {
      if (fails) throw new Error('Resource busy');
      return OUTPUT[tool];
    },
    log: (_, event) => events.push(event),
    watchDials: async () => () => {},
    save: async () => {},
  });
  const cut = { fault: 'split', from: [addressOf(1)], to: [addressOf(2)], until: Date.now() + 1_000 };
  await controller.apply(linkStateWith(2, { cuts: [cut] }));
  fails = true;
  await vi.advanceTimersByTimeAsync(12_000);
  expect(events.filter((event) => event === 'heal_failed')).toHaveLength(3);
  fails = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await controller.read()).state?.cuts).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a node that ends while links are changed keeps neither the change nor its removal from the others', async () => {
  const [to2, to3] = [2, 3].map((n) => ({ from: addressOf(1), to: addressOf(n), delay: 20 }));
  const state = linkStateWith(3, { conditions: [to2!, to3!] });
  const kernel = new SimulatedKernel(state.bridge, state.nodes);
  let ending: string | undefined = 'n2';
  const run: RunTool = (tool, args, input) => {
    if (tool === 'tc' && args[0] === '-batch' && ending !== undefined) {
      kernel.removePort(ending);
      ending = undefined;
    }
    return kernel.run(tool, args, input);
  };
  const controller = createLinkController({
    run,
    log: () => {},
    watchDials: async () => () => {},
    save: async () => {},
  });
  const applied = controller.apply(state);
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await applied)?.away).toEqual(['n2']);
  expect(kernel.dump().join()).toContain('veth-n3 de7e:2');
  kernel.addPort('n2');
  ending = 'n3';
  for (const { mac } of state.nodes) controller.onMacLearned(mac);
  const settled = controller.read();
  await vi.advanceTimersByTimeAsync(2_000);
  await settled;
  expect(kernel.dump().join()).toContain('veth-n2 de7e:2');
  ending = 'n2';
  await controller.clear();
  expect(kernel.dump()).toEqual([]);
});
