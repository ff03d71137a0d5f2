import { expect, it } from 'vitest';
import { limitationOf } from '../../../src/controller/links/update-link-state.ts';
import { PROXY_LIMITATION } from '../../../src/network/fault.ts';

const foreign = [{ to: 'b', address: '10.64.0.3', interface: 'veth1', kind: 'tbf' }];
const proxied = [{ from: '10.64.0.2', to: '10.64.0.3' }];

it.each([
  ['nothing where nothing was applied', undefined, ['10.64.0.2 10.64.0.3'], undefined],
  ['nothing where the kernel applies all', { fresh: [], proxied: [] }, ['10.64.0.2 10.64.0.3'], undefined],
  ['nothing of links that were not changed', { fresh: [], proxied }, ['10.64.0.3 10.64.0.2'], undefined],
  ['the limits of the proxy', { fresh: [], proxied }, ['10.64.0.2 10.64.0.3'], PROXY_LIMITATION],
  [
    'the nodes towards which another queue is in the way',
    { fresh: [], proxied: [], foreign },
    ['10.64.0.3 10.64.0.2', '10.64.0.2 10.64.0.3'],
    "packets to b are not shaped: veth1, its interface on the engine's machine, has a queue of another program (tbf); once that is gone (tc qdisc del dev veth1 root), the next change applies to it",
  ],
  [
    'nothing of nodes that other links lead to',
    { fresh: [], proxied: [], foreign },
    ['10.64.0.3 10.64.0.2'],
    undefined,
  ],
  [
    'both',
    { fresh: [], proxied, unsaved: 'no space left' },
    ['10.64.0.2 10.64.0.3'],
    `${PROXY_LIMITATION}; the change is in force, but it ends if the netem agent is restarted, which could not save it: no space left`,
  ],
  [
    'the hosts that did not apply it',
    { fresh: [], proxied: [], missed: [{ name: 'beta', reason: 'EHOSTUNREACH' }] },
    [],
    'the host beta has not applied it: EHOSTUNREACH; the next command does that once it answers',
  ],
])('says %s', (_, applied, directions, said) => {
  expect(limitationOf(applied, directions)).toBe(said);
});
