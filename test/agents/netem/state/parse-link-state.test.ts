import { describe, expect, it } from 'vitest';
import { parseLinkState } from '../../../../src/agents/netem/state/parse-link-state.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const full = linkStateWith(3, {
  conditions: [
    {
      from: addressOf(1),
      to: addressOf(2),
      delay: 5,
      jitter: 1,
      loss: 0.1,
      rate: 1e6,
      duplicate: 0.1,
      reorder: 0.1,
      corrupt: 0,
    },
  ],
  overrides: [{ from: addressOf(2), to: addressOf(1), delay: 5, fault: 'f0', until: 9 }],
  cuts: [{ fault: 'f1', from: [addressOf(1)], to: [addressOf(2), addressOf(3)], until: 5 }],
  messageFaults: [
    { fault: 'f2', from: addressOf(1), to: addressOf(2), type: 'gossip', action: 'delay', probability: 1, delay: 5 },
  ],
  part: { version: 7, nodes: [addressOf(1)] },
  untracked: '10.64.0.0/16',
});
const [node] = full.nodes;

describe('parseLinkState', () => {
  it('returns a valid state unchanged', () => {
    expect(parseLinkState(JSON.stringify(full))).toEqual(full);
  });

  it.each<[object, string]>([
    [{ devnet: 'a { }' }, 'devnet: expected a name, not "a { }"'],
    [{ bridge: 'br-0123456789abcdef' }, 'bridge: expected an interface\'s name, not "br-0123456789abcdef"'],
    [{ gateway: '10.0.0' }, 'gateway: expected an IPv4 address, not "10.0.0"'],
    [{ nodes: [{ ...node, mac: '02:42' }] }, 'nodes[0].mac: expected a hardware address in lower case, not "02:42"'],
    [{ nodes: [{ ...node, port: 0 }] }, 'nodes[0].port: expected a port from 1 to 65535, not 0'],
    [{ nodes: [node, node] }, 'nodes: two have the same address'],
    [{ part: { version: 1, nodes: ['10.9.9.9'] } }, 'part.nodes[0]: no node has the address 10.9.9.9'],
    [{ untracked: '10.64.0.0/16 }' }, 'untracked: expected a subnet, not "10.64.0.0/16 }"'],
    [{ untracked: '10.64.0.0/33' }, 'untracked: expected a subnet, not "10.64.0.0/33"'],
    [{ shaping: 'none' }, 'shaping: expected one of auto, kernel, relay, not "none"'],
    [{ conditions: {} }, 'conditions: expected an array, not {}'],
    [{ conditions: [{ from: addressOf(1), to: '10.1.1.1' }] }, 'conditions[0].to: no node has the address 10.1.1.1'],
    [
      { conditions: [{ from: addressOf(1), to: addressOf(1) }] },
      `conditions[0]: there is no link from ${addressOf(1)} to itself`,
    ],
    [{ conditions: [full.conditions[0], full.conditions[0]] }, 'conditions: two are for the same link'],
    [
      { conditions: [{ from: addressOf(1), to: addressOf(2), loss: 2 }] },
      'conditions[0].loss: expected a probability from 0 to 1, not 2',
    ],
    [
      { conditions: [{ from: addressOf(1), to: addressOf(2), reorder: 0.1 }] },
      'conditions[0].reorder: packets can only overtake delayed ones',
    ],
    [
      { overrides: [{ from: addressOf(1), to: addressOf(2), delay: 5 }] },
      "overrides[0].fault: expected a fault's id, not nothing",
    ],
    [
      { overrides: [{ from: addressOf(1), to: addressOf(2), reorder: 0.1, fault: 'f' }] },
      'overrides[0].reorder: packets can only overtake delayed ones',
    ],
    [{ cuts: [{ fault: 'f;', from: [], to: [] }] }, 'cuts[0].fault: expected a fault\'s id, not "f;"'],
    [
      { messageFaults: [{ fault: 'f', from: addressOf(1), to: addressOf(2), action: 'delay', probability: 1 }] },
      'messageFaults[0].delay: expected milliseconds from 0 to 3600000, not nothing',
    ],
  ])('refuses %j', (changes, message) => {
    expect(() =>
      parseLinkState(
        JSON.stringify({ ...full, conditions: [], overrides: [], cuts: [], messageFaults: [], ...changes }),
      ),
    ).toThrow(message);
  });

  it('refuses malformed JSON', () => {
    expect(() => parseLinkState('{')).toThrow('the state is not valid JSON');
  });
});
