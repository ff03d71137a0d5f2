import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { DirectedLinkConditions, LinkNode, LinkState } from '../../../src/agents/netem/state/link-state.ts';
import { root } from '../../support/paths.ts';
import { spawnSync } from '../../support/run-sync.ts';
import { until } from '../../support/until.ts';
import type { HostCommand, HostEvent } from './testbed-host.ts';

const BRIDGE = 'br-lab';
const GATEWAY = '10.64.0.254';
const PORT = 3000;

/** A process in a network namespace of its own, at the other end of a veth pair of the bridge. */
export class TestbedHost {
  readonly node: LinkNode;
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: HostEvent[] = [];
  #next = 0;
  readonly #waiting = new Map<number, (reply: Record<string, unknown>) => void>();

  constructor(node: LinkNode, child: ChildProcessWithoutNullStreams) {
    this.node = node;
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Record<string, unknown>;
      if (typeof said.id !== 'number') this.events.push(said as unknown as HostEvent);
      else this.#waiting.get(said.id)?.(said);
    });
  }

  async send<T = Record<string, unknown>>(order: HostCommand): Promise<T> {
    const id = this.#next++;
    const reply = new Promise<Record<string, unknown>>((resolve) => this.#waiting.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ id, ...order })}\n`);
    const { id: _id, error, ...rest } = await reply;
    if (error !== undefined) throw new Error(`${this.node.name}: ${error}`);
    return rest as T;
  }

  /** Dials; `failed` is the system's code, or `timeout` after `wait` ms. */
  dial(
    connection: string,
    to: TestbedHost,
    wait = 3_000,
  ): Promise<{ failed?: string; localPort?: number; remote?: string }> {
    return this.send({ op: 'dial', connection, host: to.node.address, port: to.node.port, wait });
  }

  /** Returns the events of one kind, on one connection or on all. */
  eventsOf<K extends HostEvent['event']>(event: K, connection?: string): Extract<HostEvent, { event: K }>[] {
    return this.events.filter(
      (one): one is Extract<HostEvent, { event: K }> =>
        one.event === event && (connection === undefined || one.connection === connection),
    );
  }

  /** All the text received. */
  text(connection?: string): string {
    return this.eventsOf('data', connection)
      .map(({ text }) => text ?? '')
      .join('');
  }
}

/** Returns the conditions of the link from one host to another. */
export function between(
  from: TestbedHost,
  to: TestbedHost,
  conditions: Omit<DirectedLinkConditions, 'from' | 'to'>,
): DirectedLinkConditions {
  return { from: from.node.address, to: to.node.address, ...conditions };
}

/** A bridge and hosts in network namespaces of their own: the machine's network is not touched. */
export class Testbed {
  readonly folder: string;
  readonly hosts: TestbedHost[] = [];
  readonly #holder: ChildProcessWithoutNullStreams;
  #links: ChildProcessWithoutNullStreams | undefined;
  readonly log: Record<string, unknown>[] = [];

  private constructor(folder: string, holder: ChildProcessWithoutNullStreams) {
    this.folder = folder;
    this.#holder = holder;
  }

  /** @param filtered whether iptables sees bridged packets, as engines configure it */
  static async make(count: number, { filtered = true } = {}): Promise<Testbed> {
    const folder = await mkdtemp(join(tmpdir(), 'lnk-'));
    await build({
      absWorkingDir: root,
      entryPoints: { netem: 'src/agents/netem/main.ts', end: 'test/agents/netem/testbed-host.ts' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      outdir: folder,
      outExtension: { '.js': '.cjs' },
      logLevel: 'warning',
    });
    const holder = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up && echo ready && exec cat']);
    await once(holder.stdout, 'data');
    const testbed = new Testbed(folder, holder);
    await testbed.sh(
      `ip link add ${BRIDGE} type bridge && ip addr add ${GATEWAY}/24 dev ${BRIDGE} && ip link set ${BRIDGE} up`,
    );
    await testbed.sh(`sysctl -qw net.bridge.bridge-nf-call-iptables=${filtered ? 1 : 0} net.ipv4.ip_forward=1`);
    for (let index = 0; index < count; index++) await testbed.add(index);
    return testbed;
  }

  /** Runs a command in the testbed's namespace. */
  async sh(command: string): Promise<string> {
    const args = ['-t', String(this.#holder.pid), '-n', 'sh', '-c', command];
    return (await promisify(execFile)('nsenter', args, { maxBuffer: 1 << 26 })).stdout;
  }

  /** Adds a host to the bridge. */
  async add(index: number): Promise<TestbedHost> {
    const address = `10.64.0.${index + 2}`;
    const hex = (index + 2).toString(16).padStart(2, '0');
    const node: LinkNode = { name: `n${index + 1}`, address, port: PORT, mac: `02:42:0a:40:00:${hex}` };
    const args = [
      '-t',
      String(this.#holder.pid),
      '-n',
      'unshare',
      '-n',
      process.execPath,
      join(this.folder, 'end.cjs'),
    ];
    const end = new TestbedHost(node, spawn('nsenter', args));
    end.child.stderr.pipe(process.stderr);
    // It replies once it has a namespace of its own.
    await end.send({ op: 'hello' });
    this.hosts[index] = end;
    await this.plug(index);
    return end;
  }

  /** Replaces the veth pair of a host, as an engine does when a node restarts. */
  async plug(index: number, veth = `veth${index}-${Math.random().toString(36).slice(2, 7)}`): Promise<string> {
    const { node, child } = this.hosts[index] as TestbedHost;
    const inside = `nsenter -t ${child.pid} -n`;
    await this.sh(`${inside} ip link del eth0 2>/dev/null || true
      ip link add ${veth} type veth peer name eth0 address ${node.mac} netns ${child.pid}
      ip link set ${veth} master ${BRIDGE} up
      ${inside} sh -c 'ip link set lo up; ip addr add ${node.address}/24 dev eth0; ip link set eth0 up'`);
    return veth;
  }

  state(changes: Partial<LinkState> = {}): LinkState {
    return {
      devnet: 'lab',
      bridge: BRIDGE,
      gateway: GATEWAY,
      nodes: this.hosts.map(({ node }) => node),
      shaping: 'auto',
      conditions: [],
      overrides: [],
      cuts: [],
      messageFaults: [],
      ...changes,
    };
  }

  /** Starts the agent. */
  async serve(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const child = this.#program(['serve'], env);
    this.#links = child;
    child.stderr.pipe(process.stderr);
    createInterface({ input: child.stdout }).on('line', (line) => this.log.push(JSON.parse(line)));
    const before = this.log.length;
    await until(
      () => this.log.slice(before).some(({ event }) => event === 'links_ready'),
      'the links program to be ready',
    );
  }

  /** Stops the agent. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#links === undefined) return;
    const ended = once(this.#links, 'exit');
    // With all its children, as when a container is killed.
    if (signal === 'SIGKILL') process.kill(-(this.#links.pid as number), signal);
    else this.#links.kill(signal);
    await ended;
    this.#links = undefined;
  }

  /** Sends a command to the agent, as the controller does. */
  async runCommand(
    command: string,
    input = '',
    args: string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Record<string, unknown> & { ok: boolean }> {
    const child = this.#program([command, ...args], env);
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stdin.end(input);
    await once(child, 'close');
    return JSON.parse(Buffer.concat(said).toString());
  }

  /** @throws Error when the state is refused */
  async apply(changes: Partial<LinkState>): Promise<Record<string, unknown>> {
    const reply = await this.runCommand('apply', JSON.stringify(this.state(changes)));
    if (!reply.ok) throw new Error(`refused: ${reply.error}`);
    return reply;
  }

  async close(): Promise<void> {
    await this.stop();
    for (const { child } of this.hosts) {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    }
    const ended = once(this.#holder, 'exit');
    this.#holder.stdin.end();
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  #program(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
    // exec, so that signals reach the agent itself.
    const command = ['-t', String(this.#holder.pid), '-n', process.execPath, join(this.folder, 'netem.cjs'), ...args];
    return spawn('nsenter', command, { detached: true, env: { ...process.env, DEVNET_RUN: this.folder, ...env } });
  }
}

/** Returns whether this kernel can delay packets, probed in a namespace of its own. */
export function kernelHasNetem(): boolean {
  const attempt = 'ip link add lnk0 type veth peer name lnk1 && tc qdisc add dev lnk0 root netem delay 1ms';
  return spawnSync('unshare', ['-n', 'sh', '-c', attempt]).status === 0;
}
