import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkState } from '../../../src/agents/netem/state/link-state.ts';
import type { Engine } from '../../../src/engine/connection/engine.ts';
import { execWithInput } from '../../../src/engine/exec.ts';
import type { LinkMeasurement } from '../../../src/network/links/link-measurement.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import type { NetworkStatus } from '../../../src/network/network-status.ts';
import { readPcapng } from '../../capture/read-pcapng.ts';
import { type CommandResult, devnet, start } from '../../support/cli.ts';
import { spawnSync } from '../../support/run-sync.ts';
import { hasEncryption, SwarmCluster, swarmObstacle } from '../../support/swarm-cluster.ts';
import { until } from '../../support/until.ts';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
const TOPOLOGY = `
name: over-hosts
engine: swarm
nodes: { n: { count: 5 }, n6: { host: beta } }
links: ring
`;
/** Has a netem agent on each host. */
const LOSSY = `${TOPOLOGY}conditions: { default: { loss: 1% } }\n`;

const obstacle = swarmObstacle();

/** A test of minutes more than `npm test` has room for: `npm run test:swarm` runs it. */
function itSlowly(name: string, run: () => Promise<void>, canRun = true): void {
  if (process.env.DEVNET_LONG) it.skipIf(!canRun)(name, run);
}

describe.skipIf(obstacle !== undefined)(`a network over the hosts of a swarm${obstacle ? `: ${obstacle}` : ''}`, () => {
  let cluster: SwarmCluster;
  let folder: string;

  /** Runs a command with the manager's engine. */
  const run = (args: string[], input?: string): Promise<CommandResult> =>
    devnet(args, {
      cwd: folder,
      env: { DOCKER_HOST: cluster.manager.address, XDG_RUNTIME_DIR: folder },
      ...(input === undefined ? {} : { input }),
    });
  const succeed = async (args: string[], input?: string): Promise<string> => {
    const { status, stdout, stderr } = await run(args, input);
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: expect.anything() });
    return stdout;
  };
  const readStatus = async () => JSON.parse((await run(['status', '--json'])).stdout) as NetworkStatus;
  /** Lists the containers on each host, those of the swarm's own tasks left out. */
  const containersByHost = async () => {
    const lists = await Promise.all(
      cluster.hosts.map(async ({ name, engine }) => {
        const found = await engine.docker.listContainers({ all: true, filters: { label: ['devnet.node'] } });
        return [name, found.map(({ Labels }) => Labels['devnet.node']).sort()] as const;
      }),
    );
    return Object.fromEntries(lists);
  };

  /** Swarm ends its tasks a moment after their service, and a reaper itself a moment after all else. */
  const waitUntilNothingIsLeft = async () => {
    for (const { name, engine } of cluster.hosts) {
      const listNames = async () => (await engine.docker.listContainers({ all: true })).flatMap(({ Names }) => Names);
      await until(listNames, `the containers of ${name} to be gone`, { accept: (names) => names.length === 0 });
      expect((await engine.docker.listVolumes()).Volumes ?? []).toEqual([]);
    }
    const { docker } = cluster.manager.engine;
    const listRest = async () => ({
      services: await docker.listServices(),
      secrets: await docker.listSecrets(),
      configs: await docker.listConfigs(),
      networks: (await docker.listNetworks()).filter(({ Name }) => Name.startsWith('devnet')),
    });
    await until(listRest, 'the rest to be gone', {
      accept: (rest) => Object.values(rest).every((list) => list.length === 0),
    });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'devnet-swarm-test-'));
    cluster = await SwarmCluster.start(['alpha', 'beta', 'gamma']);
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is planned with its hosts, and nothing changes', async () => {
    const plan = await succeed(['plan', '-'], TOPOLOGY);
    expect(plan).toMatch(/host alpha +manager, Docker .*2 nodes: n1, n/);
    expect(plan).toMatch(/host beta +worker, Docker .*2 nodes: .*n6/);
    expect(plan).toMatch(/host gamma +worker, Docker .*2 nodes/);
    expect(await cluster.manager.engine.docker.listServices()).toEqual([]);
  });

  it('comes up verified, spread over the hosts, with images from the manager', async () => {
    const { status: upStatus, stderr } = await run(['up', '-', '-d'], TOPOLOGY);
    expect({ upStatus, stderr }).toEqual({
      upStatus: 0,
      stderr: expect.stringMatching(/sending devnet-node:\w+ to beta/),
    });
    expect(stderr).toMatch(/devnet-node:\w+ is on gamma now/);
    const places = await containersByHost();
    expect(Object.values(places).map((nodes) => nodes.length)).toEqual([2, 2, 2]);
    expect(places.beta).toContain('n6');
    const status = await readStatus();
    expect(status.nodes.map(({ name, state }) => `${name} ${state}`)).toEqual(NODES.map((name) => `${name} running`));
    expect(status.links.map(({ state }) => state)).toEqual(Array(12).fill('up'));
    expect(status.nodes.find(({ name }) => name === 'n6')?.onHost).toBe('beta');
    // They are hosts of one machine, with one clock.
    expect(status.hosts).toEqual(cluster.hosts.map(({ name }) => ({ name, clockAheadMs: 0 })));
    expect(await succeed(['status'])).toMatch(/HOST[\s\S]*n6 .*beta/);
  });

  it('is listed, read, asked and entered on every host', async () => {
    expect(await succeed(['ls'])).toMatch(/over-hosts +6 of 6 running .*swarm/);
    await succeed(['send', 'n6', 'gossip', '{"id": "news", "data": "good morning"}']);
    const places = await containersByHost();
    for (const node of Object.values(places).map((nodes) => nodes[0] as string)) {
      expect(JSON.parse(await succeed(['send', node, 'ping', 'hello']))).toMatchObject({ payload: 'hello' });
      expect(await succeed(['exec', node, '--', 'node', '-p', '"in " + process.env.DEVNET_NAME'])).toBe(`in ${node}\n`);
    }
    const log = await succeed(['logs', '--event', 'gossip_received', '--json']);
    expect(
      new Set(
        log
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).node),
      ),
    ).toEqual(new Set(NODES));
  });

  itSlowly('loses, freezes and regains nodes on other hosts', async () => {
    await succeed(['kill', 'n6']);
    expect((await readStatus()).nodes.find(({ name }) => name === 'n6')?.state).toBe('exited');
    await succeed(['heal', 'n6']);
    await succeed(['pause', 'n2']);
    expect((await readStatus()).nodes.find(({ name }) => name === 'n2')?.state).toBe('paused');
    await succeed(['unpause', 'n2']);
    await succeed(['restart', 'n5']);
    expect((await run(['status'])).status).toBe(0);
  });

  it('is changed by another up: nodes move to the host that they declare', async () => {
    const moved = TOPOLOGY.replace('host: beta', 'host: gamma').replace('count: 5', 'count: 6').replace('n6:', 'm:');
    await succeed(['up', '-', '-d'], moved);
    expect((await containersByHost()).gamma).toContain('m');
    expect((await run(['status'])).status).toBe(0);
  });

  itSlowly('keeps nodes on hosts whose labels meet their constraints', async () => {
    const { docker } = cluster.manager.engine;
    for (const { name } of cluster.hosts) {
      const node = docker.getNode(name);
      const { Spec, Version } = await node.inspect();
      await node.update({ ...Spec, Labels: { region: name === 'alpha' ? 'eu' : 'us' }, version: Version.Index });
    }
    const moved = TOPOLOGY.replace('n6: { host: beta }', 'm: { constraints: [region == eu] }').replace(
      'count: 5',
      'count: 6',
    );
    await succeed(['up', '-', '-d'], moved);
    expect((await containersByHost()).alpha).toContain('m');
    const { stderr, status } = await run(['up', '-', '-d'], moved.replace('== eu', '== antarctica'));
    expect({ stderr, status }).toEqual({
      stderr: expect.stringContaining('constraints region==antarctica of m'),
      status: 2,
    });
    await succeed(['up', '-', '-d'], moved.replace('constraints: [region == eu]', 'host: gamma'));
  });

  itSlowly('is tested against the protocol on another host', async () => {
    expect(await succeed(['spec', '--node', 'm', '4.1'])).toMatch(/✔ 4\.1 /);
  });

  it('is cut apart on every host by one fault, and healed', async () => {
    await succeed(['partition', 'n1,n2,n3', '/', 'n4,n5,n6,m']);
    const cuts = async (engine: Engine) => {
      const { stdout } = await execWithInput(
        engine,
        'devnet.over-hosts..links',
        ['node', '/devnet/netem.cjs', 'read'],
        '',
      );
      const { state } = JSON.parse(stdout) as { state: LinkState };
      return { version: state.part?.version, cuts: state.cuts.length };
    };
    expect(await Promise.all(cluster.hosts.map(({ engine }) => cuts(engine)))).toEqual(
      cluster.hosts.map(() => ({ version: 1, cuts: 2 })),
    );
    expect(await succeed(['status'])).toMatch(/cut by partition-/);
    await succeed(['send', 'n1', 'gossip', '{"id": "cut", "data": ""}']);
    const received = async () => {
      const log = (await succeed(['logs', '--json'])).trim().split('\n');
      const entries = log.map((line) => JSON.parse(line) as LogEntry & { id?: string });
      return entries.flatMap(({ event, node, id }) => {
        if (event === 'fault_healed') return 'healed';
        return event === 'gossip_received' && id === 'cut' ? node : [];
      });
    };
    await until(received, 'the message on one side of the cut', { accept: (names) => names.length >= 3 });
    await succeed(['heal']);
    const names = await until(received, 'the message on the other side', {
      accept: (all) => new Set(all).size === NODES.length + 2,
      timeoutMs: 60_000,
    });
    const before = names.slice(0, names.indexOf('healed'));
    expect(before.sort()).toEqual(['n1', 'n2', 'n3']);
  });

  itSlowly('has links between hosts that delay and lose as declared, once', async () => {
    const { nodes, links } = await readStatus();
    const hostOf = (name: string) => nodes.find((node) => node.name === name)?.onHost;
    const { from, to } = links.find((link) => hostOf(link.from) !== hostOf(link.to))!;
    await succeed(['link', from, to, '--delay', '20ms', '--loss', '20%']);
    const { stdout } = await run(['measure', '--json', '--pings', '20', '--datagrams', '1000']);
    const measured = JSON.parse(stdout) as LinkMeasurement[];
    const concerned = measured.filter((one) => [from, to].includes(one.from) && [from, to].includes(one.to));
    expect(concerned).toHaveLength(2);
    for (const { roundTrip, loss } of concerned) {
      // Applied on both hosts it would be 80 ms, and 36 %. A busy machine widens the interval.
      expect(roundTrip?.measured?.value).toBeGreaterThan(39);
      expect(roundTrip?.measured?.low).toBeLessThan(80);
      expect(loss?.measured?.value).toBeGreaterThan(0.15);
      expect(loss?.measured?.value).toBeLessThan(0.26);
    }
    await succeed(['heal']);
    expect(await succeed(['link'])).not.toMatch(/delay/);
  });

  itSlowly('drops messages between nodes of two hosts', async () => {
    await succeed(['messages', 'n1', 'n2', 'drop', '--type', 'gossip']);
    await succeed(['send', 'n1', 'gossip', '{"id": "other way round", "data": ""}']);
    const hops = async () => {
      const log = (await succeed(['logs', '--event', 'gossip_received', '--json'])).trim().split('\n');
      const entries = log.map((line) => JSON.parse(line) as LogEntry & { id?: string; hops?: number });
      return entries.find(({ id, node }) => id === 'other way round' && node === 'n2')?.hops;
    };
    // In a ring of seven, by the other way.
    expect(await until(hops, 'the message at n2')).toBe(6);
    await succeed(['heal']);
  });

  itSlowly('freezes all nodes of a host, and cuts them off', async () => {
    const onBeta = async () => (await readStatus()).nodes.filter(({ onHost }) => onHost === 'beta');
    await succeed(['host', 'beta', 'pause']);
    expect(new Set((await onBeta()).map(({ state }) => state))).toEqual(new Set(['paused']));
    await succeed(['heal', 'beta']);
    await succeed(['host', 'over-hosts/beta', 'cut', '--as', 'island']);
    expect(await succeed(['status'])).toMatch(/cut by island/);
    await succeed(['heal', 'island']);
    expect((await run(['host', 'delta', 'kill'])).stderr).toContain('no node of "over-hosts" is on a host "delta"');
  });

  itSlowly(
    'has its packets captured on all hosts, each once, by the node that sent it (apt-get install tcpdump)',
    async () => {
      const file = join(folder, 'all.pcapng');
      const capture = start(['capture', '-w', file], { cwd: folder, env: { DOCKER_HOST: cluster.manager.address } });
      await capture.waitForOutput('capturing packets of the 7 nodes');
      await succeed(['send', 'n1', 'gossip', '{"id": "captured", "data": ""}']);
      const received = async () =>
        (await succeed(['logs', '--event', 'gossip_received', '--json']))
          .split('\n')
          .filter((line) => /"captured"/.test(line));
      await until(received, 'the message at all nodes', { accept: (lines) => lines.length === 7 });
      capture.child.kill('SIGINT');
      expect(await capture.finished).toMatchObject({ status: 0 });
      const { interfaces, packets } = readPcapng(readFileSync(file));
      expect(interfaces).toHaveLength(8);
      const senders = packets.filter(({ text }) => text.includes('"captured"')).map(({ sender }) => sender);
      // From the controller to n1, then along the ring in both directions, where each node sends it on once.
      const onward = [...NODES, 'm'].filter((node) => node !== 'n1');
      expect(senders[0]).toBe('devnet');
      expect(senders.slice(1, 3)).toEqual(['n1', 'n1']);
      expect(new Set(senders.slice(3))).toEqual(new Set(onward));
      expect(senders.slice(3)).toHaveLength(onward.length);
    },
    spawnSync('tcpdump', ['--version']).status === 0,
  );

  it('is gone from every host after down, with all that served it', async () => {
    await succeed(['down']);
    await waitUntilNothingIsLeft();
    expect(await succeed(['ls'])).toBe('no network is running\n');
  });

  itSlowly('leaves no agents when up refuses a topology', async () => {
    const { status, stderr } = await run(['up', '-', '-d'], TOPOLOGY.replace('host: beta', 'host: delta'));
    expect(stderr).toContain('host delta of n6: the swarm has no host "delta"');
    expect(status).toBe(2);
    await waitUntilNothingIsLeft();
  });

  itSlowly('leaves nothing after down where up was killed before there was a network', async () => {
    const { docker } = cluster.manager.engine;
    const up = start(['up', '-'], { cwd: folder, env: { DOCKER_HOST: cluster.manager.address }, input: TOPOLOGY });
    await until(async () => (await docker.listServices()).length > 0, 'the agents to be started');
    up.child.kill('SIGKILL');
    await up.finished;
    await run(['down', '--all']);
    await waitUntilNothingIsLeft();
  });

  it('comes up right after another one went down, whose reaper ends meanwhile', async () => {
    const first = start(['up', '-'], { cwd: folder, env: { DOCKER_HOST: cluster.manager.address }, input: TOPOLOGY });
    await first.waitForOutput('is up and verified');
    first.child.kill('SIGINT');
    expect(await first.finished).toMatchObject({ status: 0 });
    await succeed(['up', '-', '-d'], TOPOLOGY);
    await succeed(['kill', 'n6']);
    await succeed(['down']);
  });

  itSlowly('is encrypted only where the kernels can, which devnet checks itself', async () => {
    const { status, stderr } = await run(['up', '-', '-d'], `${TOPOLOGY}encrypted: true\n`);
    if (hasEncryption()) expect({ status, stderr }).toMatchObject({ status: 0 });
    else expect(stderr).toMatch(/encrypted: the kernel of alpha, beta, gamma cannot encrypt \(ESP\): \w/);
    if (status === 0) await succeed(['down']);
    await waitUntilNothingIsLeft();
  });

  it('is gone from every host after the command that owns it was killed', async () => {
    const up = start(['up', '-'], { cwd: folder, env: { DOCKER_HOST: cluster.manager.address }, input: LOSSY });
    await up.waitForOutput('is up and verified');
    up.child.kill('SIGKILL');
    await waitUntilNothingIsLeft();
  });
});
