import { expect, test } from 'vitest';
import type { LinkState } from '../../../src/agents/netem/state/link-state.ts';
import { listActiveFaults } from '../../../src/controller/faults/active-faults.ts';
import { cutLookup } from '../../../src/controller/links/cut-lookup.ts';

const ADDRESS = { a: '10.64.0.2', b: '10.64.0.3', c: '10.64.0.4' };
const state: LinkState = {
  devnet: 'net',
  bridge: 'br-0123456789ab',
  gateway: '10.64.0.1',
  nodes: Object.entries(ADDRESS).map(([name, address]) => ({ name, address, port: 3000, mac: '02:42:0a:40:00:02' })),
  shaping: 'auto',
  conditions: [],
  overrides: [
    { fault: 'slow', from: ADDRESS.a, to: ADDRESS.b, delay: 80, since: 30 },
    { fault: 'slow', from: ADDRESS.b, to: ADDRESS.a, delay: 80, since: 30 },
    { fault: 'lossy', from: ADDRESS.b, to: ADDRESS.c, loss: 0.5, since: 40 },
  ],
  cuts: [
    { fault: 'split', from: [ADDRESS.a], to: [ADDRESS.b, ADDRESS.c], since: 20, until: 90, by: 'ada@laptop' },
    { fault: 'split', from: [ADDRESS.b, ADDRESS.c], to: [ADDRESS.a], since: 20, until: 90, by: 'ada@laptop' },
  ],
  messageFaults: [
    { fault: 'drop', from: ADDRESS.c, to: ADDRESS.b, action: 'drop', probability: 1, type: 'ping', since: 10 },
  ],
};

test('lists each fault once, in the order of injection, as it would be typed', () => {
  expect(listActiveFaults(state)).toEqual([
    { name: 'drop', description: 'drop ping messages c -> b', since: 10 },
    { name: 'split', description: 'cut a / b, c', since: 20, until: 90, by: 'ada@laptop' },
    { name: 'slow', description: 'link a <-> b: delay 80ms', since: 30 },
    { name: 'lossy', description: 'link b -> c: loss 50%', since: 40 },
  ]);
});

test('names the fault that cuts a link in either direction', () => {
  const oneWay = { ...state, cuts: state.cuts.slice(0, 1) };
  for (const cutOf of [cutLookup(state), cutLookup(oneWay)]) {
    expect(cutOf({ from: 'a', to: 'b' })).toBe('split');
    expect(cutOf({ from: 'c', to: 'a' })).toBe('split');
    expect(cutOf({ from: 'b', to: 'c' })).toBeUndefined();
  }
});
