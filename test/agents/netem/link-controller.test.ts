import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLinkController } from '../../../src/agents/netem/link-controller.ts';
import { addressOf, linkStateWith } from './link-state-fixture.ts';

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
