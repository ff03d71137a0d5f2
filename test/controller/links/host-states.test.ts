import { expect, it } from 'vitest';
import { isBehind, stateForHost, stateOfNetwork, versionOf } from '../../../src/controller/links/host-states.ts';
import { addressOf, linkStateWith } from '../../agents/netem/link-state-fixture.ts';

const cut = { fault: 'f', from: [addressOf(1)], to: [addressOf(2)], until: 10_000, since: 9_000 };
const state = linkStateWith(3, { cuts: [cut] });
const hosts = new Map([
  ['n1', 'alpha'],
  ['n2', 'beta'],
  ['n3', 'alpha'],
]);
const [alpha, beta] = [
  { name: 'alpha', clockAheadMs: 0 },
  { name: 'beta', clockAheadMs: 500 },
];

it('sends each host all of the state, with its own nodes', () => {
  const { part, ...rest } = stateForHost(state, 4, alpha!, hosts);
  expect(part).toEqual({ version: 4, nodes: [addressOf(1), addressOf(3)] });
  expect(rest).toEqual(state);
});

it('writes times by the clock of the host, and reads them back by that of the manager', () => {
  const sent = stateForHost(state, 4, beta!, hosts);
  expect(sent.cuts).toEqual([{ ...cut, until: 10_500, since: 9_500 }]);
  expect(stateOfNetwork(sent, beta!)).toEqual(state);
});

it.each([
  ['the same', stateForHost(state, 4, alpha!, hosts), false],
  ['an older state', stateForHost(state, 3, alpha!, hosts), true],
  ['a state from before nodes moved', stateForHost(state, 4, alpha!, new Map([['n1', 'alpha']])), true],
  ['none', undefined, true],
])('finds a host behind that has %s', (_, current, behind) => {
  expect(isBehind({ state: current }, stateForHost(state, 4, alpha!, hosts))).toBe(behind);
});

it('counts versions from 0, where there is no state', () => {
  expect(versionOf({ state: undefined })).toBe(0);
  expect(versionOf({ state: stateForHost(state, 4, alpha!, hosts) })).toBe(4);
});
