import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import type { RunningNetwork } from '../../../src/network/running-network.ts';
import type { Runtime } from '../../../src/network/runtime.ts';
import { containerRuntime } from '../../../src/runtimes/containers/container-runtime.ts';
import { connectSwarm } from '../../../src/runtimes/swarm/connect-swarm.ts';
import { runScenario, type ScenarioEvent } from '../../../src/scenario/index.ts';
import { schedule } from '../../../src/scenario/schedule/schedule.ts';
import type { DevnetError } from '../../../src/shared/errors.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';
import { scenarioContract } from '../../behaviour/scenario-contract.ts';
import { scenario } from '../../support/scenario-fixtures.ts';
import { SwarmCluster, swarmObstacle } from '../../support/swarm-cluster.ts';
import { until } from '../../support/until.ts';

const RING = `
nodes: { a: { host: alpha }, b: { host: alpha }, c: { host: beta }, d: { host: beta }, e: { host: gamma } }
links: ring
`;

const FAULTS = `
- { name: whole, expect: no drift within 20s }
- { at: 2s, cut: a <-> b, for: 4s }
- { at: 2s, name: split, partition: "a, b, e / c, d" }
- { at: 3s, name: near, expect: gossip from a reaches only e within 2s }
- { at: 6s, heal: split }
- { at: 6s, name: rejoined, expect: no drift within 20s }

- { at: 8s, host: { name: beta, action: cut }, for: 4s }
- { at: 9s, name: cut-off, expect: "gossip from c reaches only d within 2s" }
- { at: 12s, name: reached, expect: gossip from c reaches all within 20s }

- { at: 14s, host: { name: beta, action: pause }, for: 3s }
- { at: 15s, name: frozen, expect: "gossip from a reaches only b, e within 2s" }
- { at: 18s, host: { name: beta, action: kill }, for: 3s }
- { at: 19s, name: dead, expect: c has no peers within 5s }
- { at: 21s, name: back, expect: no drift within 30s }
`;

const obstacle = swarmObstacle();

describe.skipIf(obstacle !== undefined)(`scenarios on a swarm${obstacle ? `: ${obstacle}` : ''}`, () => {
  let cluster: SwarmCluster;
  let runtime: Runtime;
  /** The agents go with the last network: this one keeps them. */
  let keeper: RunningNetwork;

  const start = async (topology: Topology) => (await runtime.start(topology)).network;

  beforeAll(async () => {
    cluster = await SwarmCluster.start(['alpha', 'beta', 'gamma']);
    runtime = containerRuntime(await connectSwarm(cluster.manager.engine));
    keeper = await start(parseTopology('nodes: [keeper]', { file: 'keeper.yaml', name: 'keeper' }));
  });

  afterAll(async () => {
    keeper?.close();
    // Ends all that runs on its hosts.
    await cluster?.[Symbol.asyncDispose]();
  });

  scenarioContract(start, { on: ' on a swarm' });

  it('have the log by one clock, where that of a host is ahead', async () => {
    const engine = await connectSwarm(cluster.manager.engine);
    const host = engine.hosts?.list().find(({ name }) => name === 'beta');
    Object.assign(host!, { clockAheadMs: 3_600_000 }); // All hosts of the test have one clock.
    const { network } = await containerRuntime(engine).start(
      parseTopology(RING, { file: 'ring.yaml', name: 'clocks' }),
    );
    const entries: LogEntry[] = [];
    for await (const batch of await network.readLog({ follow: false })) entries.push(...batch);
    expect(entries.map(({ time }) => time)).toEqual(entries.map(({ time }) => time).sort());
    const hourAgo = Date.now() - 1_800_000;
    const early = entries.filter(({ time }) => Date.parse(time) < hourAgo).map(({ node }) => node);
    expect(new Set(early)).toEqual(new Set(['c', 'd']));
    expect(new Set(entries.slice(early.length).map(({ node }) => node))).toEqual(new Set(['a', 'b', 'e']));
    await network.down();
  });

  it('cut, pause and kill nodes, links and whole hosts', async () => {
    const network = await start(parseTopology(RING, { file: 'ring.yaml', name: 'hosts' }));
    const events: ScenarioEvent[] = [];
    const { outcomes } = await runScenario(schedule(scenario(FAULTS, RING)), network, {
      onEvent: (event) => events.push(event),
    });
    const missed = outcomes.filter(({ met }) => !met).map(({ name, seen }) => `${name}: ${seen}`);
    expect(missed).toEqual([]);
    expect(outcomes).toHaveLength(8);
    expect(events.flatMap((event) => (event.what === 'injected' ? event.name : []))).toEqual([
      'partition',
      'split',
      'cut-beta',
      'pause-beta',
      'kill-beta',
    ]);
    await network.down();
  });

  it('go on without a host whose engine is frozen, which is named, and its nodes are drift', async () => {
    const network = await start(parseTopology(RING, { file: 'ring.yaml', name: 'frozen' }));
    const log: LogEntry[] = [];
    const reading = new AbortController();
    void (async () => {
      for await (const entries of await network.readLog({ follow: true, signal: reading.signal })) log.push(...entries);
    })();
    await until(() => log.some(({ event }) => event === 'listening'), 'the log to be read');
    try {
      cluster.setFrozen('gamma', true);
      const { outcomes } = await runScenario(
        schedule(scenario('- { kill: b, for: 1s }\n- { at: 2s, expect: no drift within 40s }', RING)),
        network,
      );
      expect(outcomes.map(({ met, seen }) => ({ met, seen }))).toEqual([
        { met: false, seen: expect.stringMatching(/^down: e(;|$)/) },
      ]);
      expect(log.find(({ event }) => event === 'host_lost')?.fields).toEqual({
        host: 'gamma',
        reason: expect.stringMatching(/no answer/),
      });
    } finally {
      cluster.setFrozen('gamma', false);
      reading.abort();
    }
    await until(() => cluster.isReady('gamma'), 'gamma to be back', { timeoutMs: 60_000 });
    const hasReturned = async () =>
      (await network.status()).hosts?.every(({ unavailable }) => unavailable === undefined);
    await until(hasReturned, 'gamma to be used again', { timeoutMs: 60_000 });
    // Swarm may still replace the agent there, and then down says what remains on gamma.
    const isDown = () =>
      network.down().then(
        () => true,
        (cause: DevnetError) => {
          expect(cause.message).toContain('gamma');
          return false;
        },
      );
    await until(isDown, 'the network to be removed', { timeoutMs: 60_000 });
    const left = await cluster.hosts[2]!.engine.docker.listContainers({ filters: { label: ['devnet.name=frozen'] } });
    expect(left).toEqual([]);
  });
});
