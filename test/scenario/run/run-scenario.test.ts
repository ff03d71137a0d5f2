import { describe, expect, test, vi } from 'vitest';
import type { Message } from '../../../src/protocol/index.ts';
import { describeStep } from '../../../src/scenario/model/describe.ts';
import { runScenario } from '../../../src/scenario/run/run-scenario.ts';
import type { ScenarioEvent, ScenarioResult } from '../../../src/scenario/run/scenario-events.ts';
import { schedule } from '../../../src/scenario/schedule/schedule.ts';
import { DevnetError } from '../../../src/shared/errors.ts';
import { scenario } from '../../support/scenario-fixtures.ts';
import { FakeClock, FakeNetwork } from './fake-network.ts';

vi.mock('../../../src/network/links/actual-graph.ts', () => ({
  readGraph: (network: FakeNetwork) => network.readGraph(),
  readConnectedPeers: (network: FakeNetwork, node: string) => network.readConnectedPeers(node),
}));
vi.mock('../../../src/network/send-message.ts', () => ({
  sendMessage: (network: FakeNetwork, node: string, message: Message) => network.sendMessage(node, message),
}));

interface TestRun {
  clock: FakeClock;
  network: FakeNetwork;
  events: ScenarioEvent[];
  abort: AbortController;
}

function setUp(): TestRun {
  const clock = new FakeClock();
  return { clock, network: new FakeNetwork(clock), events: [], abort: new AbortController() };
}

/** Runs the steps of a file on the fake network, in fake time. */
function run({ clock, network, events, abort }: TestRun, steps: string): Promise<ScenarioResult> {
  let ids = 0;
  const options = {
    clock,
    signal: abort.signal,
    onEvent: (event: ScenarioEvent) => events.push(event),
    newId: () => `gossip-${++ids}`,
  };
  return clock.passing(runScenario(schedule(scenario(steps)), network, options));
}

/** Formats each result: the verdict, the milliseconds that it took, and what was seen. */
const verdicts = ({ outcomes }: ScenarioResult) =>
  outcomes.map(({ met, took, seen }) => `${met ? 'met' : 'missed'} ${took} ${seen}`);

describe('steps', () => {
  test('run at their times', async () => {
    const one = setUp();
    const steps = `
      - { at: 1s, kill: a, for: 2s }
      - { at: 2s, gossip: { from: b, data: 7 } }
      - { at: 5s, send: { to: c, type: ping, payload: x } }
      - { at: 9s, partition: left / right, for: 3s }`;
    const { took } = await run(one, steps);
    expect(one.network.actions).toEqual([
      '1 kill a',
      '2 gossip b {"id":"gossip-1","data":7}',
      '3 heal kill a',
      '5 send c {"message_type":"ping","payload":"x"}',
      '9 cut a, b, c / d, e',
      '12 heal cut a, b, c / d, e',
    ]);
    expect(took).toBe(12_000);
    expect(one.events.map(({ at, what }) => `${at} ${what}`)).toEqual([
      '1000 injected',
      '2000 gossiped',
      '3000 healed',
      '5000 sent',
      '9000 injected',
      '12000 healed',
    ]);
  });

  test('say with which limitation a fault is in force', async () => {
    const one = setUp();
    one.network.warning = 'packets to c are not shaped';
    await run(one, '- { at: 1s, messages: { from: all, to: all, type: gossip, action: drop }, for: 2s }');
    const warnings = one.events.flatMap((event) => (event.what === 'injected' ? event.warnings : []));
    expect(warnings).toEqual(['packets to c are not shaped']);
  });

  test('on a host hit the nodes that are on it at that time', async () => {
    const one = setUp();
    one.network.runtime = 'swarm';
    one.network.hosts = { a: 'alpha', b: 'beta', c: 'beta', d: 'alpha', e: 'alpha' };
    one.network.onAction = (what) => {
      if (what.startsWith('heal')) one.network.hosts = { ...one.network.hosts, c: 'alpha' };
    };
    await run(
      one,
      `
      - { at: 1s, host: { name: beta, action: cut }, for: 2s }
      - { at: 4s, host: { name: beta, action: pause }, for: 1s }`,
    );
    expect(one.network.actions).toEqual([
      '1 cut b, c / a, d, e',
      '3 heal cut b, c / a, d, e',
      '4 pause b',
      '5 heal pause b',
    ]);
    expect(one.network.faultIds.map((id) => id?.name)).toEqual(['cut-beta', 'pause-beta']);
  });

  test('on a host that has none of the nodes fail before the first step', async () => {
    const one = setUp();
    one.network.runtime = 'swarm';
    one.network.hosts = { a: 'alpha', b: 'beta' };
    const steps = '- kill: a\n- { at: 9s, host: { name: gamma, action: cut } }';
    await expect(run(one, steps)).rejects.toThrow('no node of "net" is on a host "gamma"');
    expect(one.network.actions).toEqual([]);
  });

  test('on hosts are refused by name on one host', async () => {
    const one = setUp();
    await expect(run(one, '- { host: { name: beta, action: cut } }')).rejects.toThrow(
      'the containers runtime does not support: faults on hosts',
    );
  });

  test('give each fault an automatic healing time well after its end', async () => {
    const one = setUp();
    const start = one.clock.now();
    await run(one, '- { kill: a, for: 2s, name: x }\n- kill: b');
    expect(one.network.faultIds).toEqual([{ name: 'x', until: start + 34_000 }, { name: 'kill-b' }]);
  });

  test('that inject slowly delay the others, so that a fault lasts as long as it says', async () => {
    const one = setUp();
    const busy = new AbortController();
    one.network.onAction = (what) => (what.endsWith('kill a') ? one.clock.sleep(3_000, busy.signal) : undefined);
    await run(one, '- { kill: a, for: 1s }\n- { at: 2s, kill: b }\n- { at: 4s, kill: c }');
    expect(one.network.actions.slice(0, 4)).toEqual(['0 kill a', '4 heal kill a', '8 kill b', '10 kill c']);
  });

  test('that send slowly delay others only when those would be late, and no later step is hurried', async () => {
    const one = setUp();
    const busy = new AbortController();
    one.network.onAction = (what) => (what.startsWith('send') ? one.clock.sleep(1_500, busy.signal) : undefined);
    const send = 'send: { to: a, type: ping }';
    await run(one, `- ${send}\n- { at: 1s, kill: b, for: 1s }\n- { at: 4s, ${send} }\n- { at: 6s, gossip: c }`);
    expect(one.network.actions.map((line) => line.replace(/ .*(send|kill|gossip).*/, ' $1'))).toEqual([
      '0 send',
      '1.5 kill',
      '2.5 kill',
      '4.5 send',
      '6.5 gossip',
    ]);
  });

  test('start when all faults are prepared and the log is open', async () => {
    const one = setUp();
    const busy = new AbortController();
    const prepared: string[] = [];
    one.network.onAction = async (what) => {
      if (what !== 'log' && !what.startsWith('prepare')) return;
      prepared.push(what);
      await one.clock.sleep(5_000, busy.signal);
    };
    const { took } = await run(one, '- kill: [a, b]\n- { at: 1s, cut: c <-> d }');
    expect(prepared).toEqual(['prepare 3', 'log']);
    expect(one.network.actions.slice(0, 3)).toEqual(['10 kill a', '10 kill b', '11 cut c / d']);
    expect(took).toBe(1_000);
  });

  test('without an end are healed at the end, the last one first', async () => {
    const one = setUp();
    await run(one, '- kill: [a, b]\n- { at: 1s, cut: c <-> d }\n- { at: 2s, restart: e }');
    expect(one.network.actions).toEqual([
      '0 kill a',
      '0 kill b',
      '1 cut c / d',
      '2 restart e',
      '2 heal cut c / d',
      '2 heal kill b',
      '2 heal kill a',
    ]);
    expect(one.events.flatMap((one) => (one.what === 'healed' ? [`${one.name} ${one.atEnd}`] : []))).toEqual([
      'partition true',
      'kill true',
    ]);
  });

  test('tolerate a node that cannot be reached', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (/gossip|send/.test(what)) throw new DevnetError('node_unreachable', 'a does not run');
    };
    const { passed } = await run(one, '- gossip: a\n- send: { to: a, type: ping }\n- { at: 1s, kill: b }');
    expect(passed).toBe(true);
    expect(one.events).toContainEqual({ at: 0, what: 'unsent', to: 'a', type: 'ping', why: 'a does not run' });
    expect(one.network.actions).toContain('1 kill b');
  });
});

describe('faults of many links', () => {
  const steps = '- { at: 1s, messages: { from: all, to: all, type: gossip, action: drop, probability: 20% }, for: 2s }';

  test('are injected all at once, and healed all at once', async () => {
    const one = setUp();
    let under = 0;
    let most = 0;
    one.network.onAction = async () => {
      most = Math.max(most, ++under);
      await one.clock.sleep(100, one.abort.signal);
      under--;
    };
    await run(one, steps);
    // A ring of five has a link each way between neighbours.
    expect(most).toBe(10);
    expect(one.network.actions).toHaveLength(20);
    expect(one.events.map(({ at, what }) => `${at} ${what}`)).toEqual(['1100 injected', '3200 healed']);
  });

  test('are healed when one of them cannot be injected', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what.startsWith('drop') && what.endsWith('a -> b')) throw new Error('no');
    };
    await expect(run(one, steps)).rejects.toThrow('no');
    expect(one.network.actions.filter((what) => / heal /.test(what))).toHaveLength(9);
  });

  test('are described once', () => {
    const [inject] = schedule(scenario(steps));
    expect(describeStep(inject!)).toBe('messages: drop 20% of gossip messages on 10 links');
    const [few] = schedule(scenario('- messages: { from: a, to: b, action: drop }'));
    expect(describeStep(few!)).toBe('messages: drop all messages a -> b');
    const [slow] = schedule(scenario('- { link: { from: all, to: all, delay: 20ms }, oneway: true }'));
    expect(describeStep(slow!)).toBe('link: link on 10 links: delay 20ms');
    const mesh = 'nodes: [a, b, c, d, e]\nlinks: mesh';
    const [both] = schedule(scenario('- link: { from: all, to: all, delay: 20ms }', mesh));
    expect(describeStep(both!)).toBe('link: link on 20 links: delay 20ms');
  });
});

describe('faults are healed and the reason is thrown', () => {
  const steps = '- kill: a\n- { at: 1s, cut: b <-> c }\n- { at: 2s, kill: d }\n- { at: 9s, gossip: e }';
  const heals = ['heal cut b / c', 'heal kill a'];
  const ends = (one: TestRun) => one.network.actions.slice(-2).map((line) => line.replace(/^\S+ /, ''));

  test('when the run is interrupted', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what === 'cut b / c') one.abort.abort(new DevnetError('interrupted', 'interrupted'));
    };
    await expect(run(one, steps)).rejects.toMatchObject({ code: 'interrupted' });
    expect(ends(one)).toEqual(heals);
  });

  test('when the run was interrupted before it started', async () => {
    const one = setUp();
    one.abort.abort(new DevnetError('interrupted', 'interrupted'));
    await expect(run(one, steps)).rejects.toMatchObject({ code: 'interrupted' });
    expect(one.network.actions).toEqual([]);
  });

  test('when a fault cannot be injected', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what === 'kill d') throw new DevnetError('engine_failed', 'no');
    };
    await expect(run(one, steps)).rejects.toThrow(new DevnetError('engine_failed', 'no'));
    expect(ends(one)).toEqual(heals);
    expect(one.events.flatMap((one) => (one.what === 'healed' ? [one.name] : []))).toEqual(['partition', 'kill-a']);
  });

  test('when the faults cannot be prepared', async () => {
    const one = setUp();
    one.network.onAction = () => {
      throw new DevnetError('links_failed', 'no links');
    };
    await expect(run(one, steps)).rejects.toThrow('no links');
    expect(one.network.actions).toEqual([]);
  });

  test('when an expectation cannot be checked', async () => {
    const one = setUp();
    one.network.onAction = (action) => {
      if (action === 'read graph') throw new DevnetError('engine_gone', 'gone');
    };
    await expect(run(one, `${steps}\n- { at: 3s, expect: no drift }`)).rejects.toThrow('gone');
    expect(ends(one)).toEqual(['heal cut b / c', 'heal kill a']);
    expect(one.network.actions).not.toContain('9 gossip e {"id":"gossip-1"}');
  });

  test('when the network is taken down elsewhere', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what === 'cut b / c') one.network.takeDown();
    };
    await expect(run(one, steps)).rejects.toMatchObject({ code: 'no_such_devnet' });
    expect(ends(one)).toEqual(heals);
  });

  test('as far as possible, and the error names the others', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what === 'heal cut b / c') throw new DevnetError('links_failed', 'no links');
    };
    await expect(run(one, steps)).rejects.toMatchObject({
      code: 'links_failed',
      message: 'these faults could not be healed: partition: no links',
    });
    expect(one.network.actions).toContain('9 heal kill a');
  });

  test('with both reasons, when a failure leaves a fault behind', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what === 'kill d') throw new DevnetError('engine_failed', 'cannot kill');
      if (what === 'heal kill a') throw new DevnetError('engine_gone', 'no engine');
    };
    await expect(run(one, steps)).rejects.toMatchObject({
      code: 'engine_failed',
      message: 'cannot kill\n  and these faults could not be healed: kill-a: no engine',
    });
  });

  test('again at the end, when one could not be healed at its time', async () => {
    const one = setUp();
    let tries = 0;
    one.network.onAction = (what) => {
      if (what === 'heal kill a' && ++tries === 1) throw new DevnetError('engine_failed', 'busy');
    };
    await expect(run(one, '- { kill: [a, b], for: 1s }')).rejects.toThrow('busy');
    expect(one.network.actions).toEqual(['0 kill a', '0 kill b', '1 heal kill b', '1 heal kill a', '1 heal kill a']);
  });
});

describe('expectations', () => {
  test('gossip that reaches all, by the times of the log entries', async () => {
    const one = setUp();
    one.network.gossipDelays = { a: 2, b: 5, c: 0, d: 1_900, e: 12 };
    const result = await run(one, '- expect: gossip from c reaches all within 2s');
    expect(result.passed).toBe(true);
    expect(verdicts(result)).toEqual(['met 2000 5 of 5 within 1900 ms']);
    expect(one.network.actions).toEqual(['0 gossip c {"id":"gossip-1"}']);
  });

  test.each<[why: string, expectation: string, reach: Record<string, number>, verdict: string]>([
    [
      'some nodes never',
      'gossip reaches all within 2s',
      { a: 0, b: 3, c: 9 },
      'missed 2000 3 of 5 within 9 ms, without d, e',
    ],
    [
      'one node too late',
      'gossip reaches a, b within 2s',
      { a: 0, b: 2_001 },
      'missed 2000 1 of 2 within 0 ms, without b, too late: b',
    ],
    ['only', 'gossip reaches only left within 2s', { a: 0, b: 3, c: 4 }, 'met 2000 3 of 3 within 4 ms'],
    [
      'only, and one more node after the time',
      'gossip reaches only left within 2s',
      { a: 0, b: 3, c: 4, d: 2_001 },
      'met 2000 3 of 3 within 4 ms',
    ],
    [
      'only, and one node is missing',
      'gossip reaches only left within 2s',
      { a: 0, b: 3 },
      'missed 2000 2 of 3 within 3 ms, without c',
    ],
    [
      'only, and one more node in time',
      'gossip reaches only left within 2s',
      { a: 0, b: 3, c: 4, e: 50 },
      'missed 400 3 of 3 within 50 ms, and also e',
    ],
    [
      'only, and the node that published it',
      'gossip from e reaches only left within 2s',
      { a: 0, b: 3, c: 4, e: 0 },
      'met 2000 3 of 3 within 4 ms',
    ],
  ])('gossip: %s', async (_, expectation, reach, verdict) => {
    const one = setUp();
    one.network.gossipDelays = reach;
    expect(verdicts(await run(one, `- expect: ${expectation}`))).toEqual([verdict]);
  });

  test.each([[500], [-500], [6_000], [-6_000], [3_600_000]])(
    'gossip and log lines of nodes whose clock is %d ms ahead',
    async (offsetMs) => {
      const one = setUp();
      one.network.clock = { offsetMs, uncertaintyMs: 5 };
      one.network.gossipDelays = { a: 2, b: 5, c: 0, d: 1_900, e: 12 };
      one.network.onAction = (what) => {
        if (what === 'kill d') one.network.log('c', 'link_down', { peer: 'd' }, 300);
      };
      const steps = `
        - expect: gossip from c reaches all within 2s
        - { at: 3s, kill: d }
        - { at: 3s, expect: log c matches /link_down/ within 1s }
        - { at: 3s, expect: log e never matches /link_down/ for 1s }`;
      expect(verdicts(await run(one, steps))).toEqual([
        'met 2000 5 of 5 within 1900 ms',
        'met 600 c link_down peer=d',
        'met 1000 none of 0 lines',
      ]);
    },
  );

  test('gossip at a node that does not log its own messages, by the offset of the clock', async () => {
    const one = setUp();
    one.network.clock = { offsetMs: -6_000, uncertaintyMs: 5 };
    one.network.gossipDelays = { a: 20, b: 2_001 };
    expect(verdicts(await run(one, '- expect: gossip from c reaches a, b within 2s'))).toEqual([
      'missed 2000 1 of 2 within 20 ms, without b, too late: b',
    ]);
  });

  test('gossip that cannot be published is missed', async () => {
    const one = setUp();
    one.network.onAction = (what) => {
      if (what.startsWith('gossip')) throw new DevnetError('node_unreachable', 'a does not run: it is exited');
    };
    expect(verdicts(await run(one, '- expect: gossip reaches all'))).toEqual(['missed 0 a does not run: it is exited']);
  });

  test('each gossip expectation publishes a message of its own', async () => {
    const one = setUp();
    one.network.gossipDelays = { a: 0 };
    const result = await run(one, '- { every: 100ms, times: 3, expect: gossip reaches a within 1s }\n- gossip: a');
    expect(verdicts(result).map((verdict) => verdict.split(' ')[0])).toEqual(['met', 'met', 'met']);
    expect(one.network.actions.map((line) => line.split('"')[3])).toEqual([
      'gossip-1',
      'gossip-2',
      'gossip-3',
      'gossip-4',
    ]);
  });

  test('no drift is met as soon as there is none', async () => {
    const one = setUp();
    one.network.drift = { down: ['a'], missing: [{ from: 'b', to: 'c' }] };
    one.network.onAction = (what) => {
      if (what === 'kill b') one.network.drift = {};
    };
    const result = await run(
      one,
      '- expect: no drift within 5s\n- { at: 3s, kill: b }\n- { at: 2s, expect: no drift within 500ms }',
    );
    expect(verdicts(result)).toEqual(['missed 500 down: a; missing: b -> c', 'met 3000 no drift']);
  });

  test('peers and links', async () => {
    const one = setUp();
    one.network.connectedPeers = { a: ['b', 'e'], b: ['a'] };
    const expectations = [
      ['a has peers e, b', 'met 0 a has peers b, e'],
      ['a has 2 peers', 'met 0 a has peers b, e'],
      ['c has no peers', 'met 0 c has no peers'],
      ['a has 3 peers within 1s', 'missed 1000 a has peers b, e'],
      ['a has peers b within 1s', 'missed 1000 a has peers b, e'],
      ['a -> b, e is up', 'met 0 up'],
      ['b <-> c is down', 'met 0 down'],
      ['a <-> b are down within 1s', 'missed 1000 up: a -> b, b -> a'],
      ['a <-> e are up within 1s', 'missed 1000 down: e -> a'],
    ] as const;
    for (const [text, verdict] of expectations)
      expect(verdicts(await run({ ...setUp(), network: one.network, clock: one.clock }, `- expect: ${text}`))).toEqual([
        verdict,
      ]);
  });

  test('log entries count from the time of their step on, even if other steps of that time are slow', async () => {
    const one = setUp();
    one.network.onAction = async (what) => {
      if (what !== 'kill a') return;
      one.network.log('b', 'link_down', { peer: 'a' });
      one.network.log('c', 'link_down', { peer: 'a', tries: 3 }, 10);
      await one.clock.sleep(2_000, new AbortController().signal);
    };
    one.network.log('b', 'link_down', { peer: 'a', old: true });
    const steps =
      '- { at: 1s, kill: a }\n- expect: log c matches /link_down peer=a tries=3$/ within 1s\n- expect: log b matches /old/ within 1s';
    // The kill takes two seconds, and the entry that arrives meanwhile counts.
    expect(verdicts(await run(one, steps))).toEqual(['met 0 c link_down peer=a tries=3', 'missed 1000 none of 1 line']);
  });

  test.each([
    ['log b matches /x/ within 1s', 'b', 900, 'met 1000 b x'],
    ['log b matches /x/ within 1s', 'b', 1_100, 'missed 1000 none of 0 lines'],
    ['log b matches /x/ within 1s', 'c', 0, 'missed 1000 none of 0 lines'],
    ['log matches /X/i within 1s', '.devnet', 0, 'met 400 .devnet x'],
    ['log b never matches /x/ for 1s', 'b', 500, 'missed 800 b x'],
    ['log b never matches /x/ for 1s', 'b', 1_100, 'met 1000 none of 0 lines'],
    ['log b never matches /y/ for 1s', 'b', 500, 'met 1000 none of 1 line'],
    ['log b matches /x/g within 1s', 'b', 0, 'met 400 b x'],
  ])('%s, when %s logs it after %d ms', async (text, node, after, verdict) => {
    const one = setUp();
    one.network.log(node, 'x', {}, after);
    expect(verdicts(await run(one, `- expect: ${text}`))).toEqual([verdict]);
  });

  describe('what a busy machine follows too late', () => {
    const GOSSIP = '- expect: gossip from a reaches only b within 1s';
    const LATE_MS = 5_000;
    const setUpLate = (delays: Record<string, number>) => {
      const one = setUp();
      const { network } = one;
      network.onAction = (what) => {
        if (!what.startsWith('gossip')) return;
        const { id } = JSON.parse(what.slice(what.indexOf('{')));
        for (const [node, delay] of Object.entries(delays))
          network.log(node, 'gossip_received', { id }, delay, LATE_MS);
      };
      return one;
    };

    test.each([
      ['a receipt counts', { a: 0, b: 10 }, 'met 1000 1 of 1 within 10 ms'],
      [
        'a receipt where there must be none counts',
        { a: 0, b: 10, c: 20 },
        'missed 1000 1 of 1 within 20 ms, and also c',
      ],
      ['a late receipt is late', { a: 0, b: 1_500 }, 'missed 1000 0 of 1 within 0 ms, without b, too late: b'],
    ])('%s', async (_, delays, verdict) => {
      expect(verdicts(await run(setUpLate(delays), GOSSIP))).toEqual([verdict]);
    });

    test.each([
      ['log b matches /x/ within 1s', 900, 'met 1000 b x'],
      ['log b matches /x/ within 1s', 1_100, 'missed 1000 none of 0 lines'],
      ['log b never matches /x/ for 1s', 900, 'missed 1000 b x'],
      ['log b never matches /y/ for 1s', 900, 'met 1000 none of 1 line'],
    ])('%s, when it is logged after %d ms', async (text, after, verdict) => {
      const one = setUp();
      one.network.log('b', 'x', {}, after, LATE_MS);
      expect(verdicts(await run(one, `- expect: ${text}`))).toEqual([verdict]);
    });

    test('is decided by what was followed where the log cannot be read again, which is said', async () => {
      const one = setUp();
      one.network.onAction = (what) => {
        if (what === 'log as it is') throw new DevnetError('engine_failed', 'host gamma is lost');
      };
      expect(verdicts(await run(one, '- expect: log b never matches /x/ for 1s'))).toEqual([
        'met 1000 none of 0 lines; the log could not be read once more: host gamma is lost',
      ]);
    });
  });

  test('plain output is matched as it is', async () => {
    const one = setUp();
    one.network.log('b', 'output', { text: 'Listening on 3000' });
    expect(verdicts(await run(one, '- expect: log b matches /^Listening/'))).toEqual(['met 400 b Listening on 3000']);
  });

  test('delay no step, and the scenario waits for the last one', async () => {
    const one = setUp();
    one.network.drift = { down: ['a'] };
    const { took, passed } = await run(one, '- expect: no drift within 20s\n- { at: 1s, kill: a }');
    expect(one.network.actions[0]).toBe('1 kill a');
    expect(took).toBe(20_000);
    expect(passed).toBe(false);
    // Only then is the fault healed.
    expect(one.network.actions.at(-1)).toBe('20 heal kill a');
  });

  test('a missed one holds the last log entries, and a met one none', async () => {
    const one = setUp();
    one.network.drift = { down: ['a'] };
    for (let line = 1; line <= 20; line++) one.network.log('b', `line-${line}`, {}, line);
    const { outcomes } = await run(
      one,
      '- { at: 2s, expect: no drift within 1s, name: whole }\n- expect: a has no peers',
    );
    const missed = outcomes.find(({ met }) => !met);
    expect(missed).toMatchObject({ name: 'whole', at: 2_000, took: 1_000 });
    expect(missed?.lines.map(({ event }) => event)).toEqual(
      Array.from({ length: 12 }, (_, index) => `line-${index + 9}`),
    );
    expect(outcomes.find(({ met }) => met)?.lines).toEqual([]);
  });
});
