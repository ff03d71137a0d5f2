import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RunningNetwork } from '../../src/network/running-network.ts';
import { runScenario } from '../../src/scenario/index.ts';
import { schedule } from '../../src/scenario/schedule/schedule.ts';
import type { Topology } from '../../src/topology/index.ts';
import { scenario, topology } from '../support/scenario-fixtures.ts';

const LINE = 'nodes: [a, b, c, d]\nlinks: [a <-> b <-> c <-> d]\n';

const STEPS = `
- { name: spread, expect: gossip from a reaches all within 5s }
- { name: whole, expect: no drift within 5s }
- { name: degree, expect: "b has peers a, c within 5s" }
- { name: crowded, expect: "b has 3 peers within 500ms" }

- { at: 3s, name: crash, kill: c, for: 3s }
- { name: cut-off, expect: "gossip from a reaches only a, b within 2s" }
- { name: ended, expect: log matches /node_ended of=c .*exit_code=137/ within 5s }
- { name: noticed, expect: log b matches /link_down peer=c/ within 5s }
- { name: alone, expect: c has no peers within 1s }
- { name: broken, expect: b -> c is down within 2s }
- { name: torn, expect: no drift within 1s }
- send: { to: c, type: ping }

- { at: 6s, name: healed, expect: no drift within 20s }
- { at: 10s, restart: a }
- { name: back, expect: a <-> b are up within 20s }
- { at: 14s, name: again, expect: gossip from d reaches all within 5s }
- { send: { to: b, type: ping } }
`;

const VERDICTS = {
  spread: true,
  whole: true,
  degree: true,
  crowded: false,
  'cut-off': true,
  ended: true,
  noticed: true,
  alone: true,
  broken: true,
  torn: false,
  healed: true,
  back: true,
  again: true,
};

/**
 * Tests that one scenario gives the same verdicts and events on a runtime as on every other.
 * @param options.on what is special about the links, for the title
 * @param options.settings keys of the topology file: conditions of all links, and what applies them
 */
export function scenarioContract(
  start: (topology: Topology) => Promise<RunningNetwork>,
  { on = '', settings = '' } = {},
): void {
  test(`a scenario${on} has the same verdicts and events as on every other runtime`, async () => {
    // Other runtimes run it at the same time, and a name is taken on all of them.
    const name = `scenario-${randomBytes(3).toString('hex')}`;
    const network = await start({ ...topology(`${LINE}${settings}`), name });
    try {
      const events: string[] = [];
      const { passed, outcomes } = await runScenario(schedule(scenario(STEPS, LINE)), network, {
        onEvent: (event) => {
          if (event.what === 'sent') events.push(`${event.type} to ${event.to}: ${event.reply}`);
          else if (event.what === 'unsent') events.push(`${event.type} to ${event.to} not sent`);
          else if (event.what !== 'judged') events.push(`${event.what} ${'name' in event ? event.name : ''}`);
        },
      });
      const seen = outcomes.map(({ name, met, seen }) => `${name} ${met ? 'met' : 'missed'}: ${seen}`).join('\n');
      expect(Object.fromEntries(outcomes.map(({ name, met }) => [name, met])), seen).toEqual(VERDICTS);
      expect(passed).toBe(false);
      expect(events).toEqual([
        'injected crash',
        'ping to c not sent',
        'healed crash',
        'injected restart-a',
        'ping to b: pong',
      ]);
      const torn = outcomes.find(({ name }) => name === 'torn');
      expect(torn?.seen).toMatch(/^down: c; not connected: /);
    } finally {
      await network.down();
    }
  });
}

const LINK_STEPS = `
- { send: { to: d, type: add_peer, payload: "c:4999" } }
- { name: refused, expect: log d matches /dial_failed peer=c:4999 reason=ECONNREFUSED/ within 5s }

- { at: 1s, name: freeze, pause: c, for: 4s }
- { name: frozen, expect: "gossip from a reaches only b within 3s" }
- { name: held, expect: b -> c is down within 1s }

- { at: 6s, name: split, cut: b <-> c, for: 3s }
- { name: apart, expect: "gossip from a reaches only b within 2s" }
- { name: unbroken, expect: log never matches /link_down/ for 4s }
- { name: starved, expect: b -> c is down within 1s }
- { at: 9s, name: resumed, expect: gossip from a reaches all within 10s }

# Only when TCP has sent again what was lost, for which it waits for up to as long as the cut was.
- { at: 16s, name: halt, stop: c, for: 1s }
- { name: ended, expect: log matches /node_ended of=c .*exit_code=0/ within 5s }
- { name: noticed, expect: log b matches /link_down peer=c/ within 5s }
- { at: 17s, name: back, expect: "c <-> b, d are up within 20s" }
`;

const LINK_VERDICTS = {
  refused: true,
  frozen: true,
  held: false,
  apart: true,
  unbroken: true,
  starved: false,
  resumed: true,
  ended: true,
  noticed: true,
  back: true,
};

/** Tests that a scenario with faults of links, and of what is behind them, gives the same verdicts whatever applies the conditions. */
export function linkScenarioContract(
  start: (topology: Topology) => Promise<RunningNetwork>,
  { on, settings }: { on: string; settings: string },
): void {
  test(`a scenario of refused dials, pauses, cuts and stops${on} has the same verdicts as on all links`, async () => {
    const name = `scenario-${randomBytes(3).toString('hex')}`;
    const debug = 'defaults: { env: { DEVNET_LOG_LEVEL: debug } }\n';
    const network = await start({ ...topology(`${LINE}${debug}${settings}`), name });
    try {
      const { outcomes } = await runScenario(schedule(scenario(LINK_STEPS, LINE)), network);
      const seen = outcomes.map(({ name, met, seen }) => `${name} ${met ? 'met' : 'missed'}: ${seen}`).join('\n');
      expect(Object.fromEntries(outcomes.map(({ name, met }) => [name, met])), seen).toEqual(LINK_VERDICTS);
    } finally {
      await network.down();
    }
  });
}
