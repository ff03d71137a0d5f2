import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { connectEngine, type Engine } from '../../src/engine/connection/engine.ts';
import { ensureBaseImage } from '../../src/engine/images/base-image.ts';
import { readSwarm } from '../../src/engine/swarm/swarm-nodes.ts';
import { root } from './paths.ts';
import { spawnSync } from './run-sync.ts';
import { until } from './until.ts';

/** Network of the hosts. It exists only in the namespaces of a cluster, so that several may have it. */
const HOST_NETWORK = '172.31.77';
/** Address of the programs that a cluster serves to its hosts; their engines take a registry there without TLS. */
export const SERVER_ADDRESS = `${HOST_NETWORK}.254`;
const START_TIMEOUT_MS = 60_000;

/** Why no swarm of this machine's own Docker can run here; undefined where one can. */
export function swarmObstacle(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes root on Linux';
  for (const program of ['dockerd', 'unshare', 'nsenter', 'ip'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `this machine has no ${program}`;
  const vxlan = 'ip link add v type vxlan id 1 dstport 4789 dev lo';
  if (spawnSync('unshare', ['--net', 'sh', '-c', vxlan]).status !== 0) return 'this kernel has no vxlan';
  return undefined;
}

/** Whether the kernel has ESP, by which Docker encrypts overlay networks. */
export function hasEncryption(): boolean {
  const cipher = `mode transport aead 'rfc4106(gcm(aes))' 0x${'00'.repeat(20)} 64`;
  const add = `ip xfrm state add src 198.51.100.1 dst 198.51.100.2 proto esp spi 0xde7 ${cipher}`;
  return spawnSync('unshare', ['--net', 'sh', '-c', add]).status === 0;
}

/** A machine of the cluster. */
export interface ClusterHost {
  name: string;
  engine: Engine;
  /** Address of its engine, as for DOCKER_HOST. */
  address: string;
}

/** Docker engines that are one swarm, each as if on a machine of its own. The first one is its manager. */
export class SwarmCluster implements AsyncDisposable {
  readonly hosts: readonly ClusterHost[];
  readonly #folder: string;
  readonly #cgroup: string;
  readonly #network: ChildProcess;
  readonly #machines: readonly ChildProcess[];
  readonly #servers: ChildProcess[] = [];

  private constructor(
    hosts: readonly ClusterHost[],
    folder: string,
    cgroup: string,
    network: ChildProcess,
    machines: readonly ChildProcess[],
  ) {
    this.hosts = hosts;
    this.#folder = folder;
    this.#cgroup = cgroup;
    this.#network = network;
    this.#machines = machines;
  }

  get manager(): ClusterHost {
    return this.hosts[0] as ClusterHost;
  }

  /** Starts a cluster. The base image is on all hosts, since no registry can be reached from them. */
  static async start(names: readonly string[]): Promise<SwarmCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-swarm-'));
    const cgroup = `/devnet-swarm-${randomBytes(4).toString('hex')}`;
    const network = startProcess([
      'unshare',
      '--net',
      'sh',
      '-c',
      `ip link add br0 type bridge && ip address add ${SERVER_ADDRESS}/24 dev br0 && ip link set br0 up && cat`,
    ]);
    const machines = names.map((name, index) => startMachine(name, index, join(folder, name), cgroup));
    const cluster = (hosts: readonly ClusterHost[]) => new SwarmCluster(hosts, folder, cgroup, network, machines);
    try {
      await until(() => inNetwork(network, ['ip', 'link', 'show', 'br0']), 'the bridge of the hosts');
      for (const [index, machine] of machines.entries()) await plugIn(network, machine, index);
      const hosts = await Promise.all(names.map((name) => connectHost(name, join(folder, name))));
      const started = cluster(hosts);
      await Promise.all([started.#joinHosts(), started.#shareBaseImage()]);
      return started;
    } catch (cause) {
      const logs = names.map((name) => `${name}: ${tail(join(folder, name, 'log'))}`);
      await cluster([])[Symbol.asyncDispose]();
      throw new Error(`the cluster did not start: ${cause}\n${logs.join('\n')}`, { cause });
    }
  }

  /** Cuts a host off from all others, or ends that. */
  setCut(name: string, isCut: boolean): void {
    const index = this.hosts.findIndex((host) => host.name === name);
    const set = ['ip', 'link', 'set', `host${index}`, isCut ? 'down' : 'up'];
    if (!inNetwork(this.#network, set)) throw new Error(`could not ${set.join(' ')}`);
  }

  /** Runs a program of Node on the network of the hosts, at {@link SERVER_ADDRESS}, until it ends or the cluster does. */
  serve(program: string): void {
    const net = `--net=/proc/${this.#network.pid}/ns/net`;
    // With its standard input, as the others.
    const ending = "process.stdin.resume().once('end', () => process.exit());";
    this.#servers.push(startProcess(['nsenter', net, process.execPath, '-e', `${ending}${program}`]));
  }

  /** Runs a command in the network namespace of a host. */
  runOn(name: string, command: readonly string[]): void {
    const machine = this.#machines[this.hosts.findIndex((host) => host.name === name)] as ChildProcess;
    if (!inNetwork(machine, command)) throw new Error(`could not ${command.join(' ')} on ${name}`);
  }

  /** Freezes the engine of a host, but not its containers, or ends that. */
  setFrozen(name: string, isFrozen: boolean): void {
    const address = this.hosts.find((host) => host.name === name)?.address as string;
    const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isEngineAt(pid, address));
    if (pids.length !== 1) throw new Error(`${name} has ${pids.length} engines`);
    process.kill(Number(pids[0]), isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Removes a host that does not answer from the swarm. */
  async forget(name: string): Promise<void> {
    const { engine } = this.manager;
    const { id = '' } = (await readSwarm(engine)).nodes.find((node) => node.name === name) ?? {};
    await engine.docker.getNode(id).remove({ force: true });
  }

  /** Whether the manager hears from a host. */
  async isReady(name: string): Promise<boolean> {
    return (await readSwarm(this.manager.engine)).nodes.some((node) => node.name === name && node.isReady);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = [...this.#servers, ...this.#machines, this.#network].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.ref(); // Nothing else may keep this process alive until then.
          if (child.exitCode !== null || child.signalCode !== null) resolve();
          child.once('exit', () => resolve());
          child.kill('SIGKILL'); // The kernel ends everything in its namespaces.
        }),
    );
    await Promise.all(ended);
    await until(() => removeCgroups(this.#cgroup), 'the groups of the containers to be empty');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #joinHosts(): Promise<void> {
    const { docker } = this.manager.engine;
    const address = (index: number) => `${HOST_NETWORK}.${index + 1}`;
    await docker.swarmInit({ ListenAddr: `${address(0)}:2377`, AdvertiseAddr: address(0) });
    const { JoinTokens } = (await docker.swarmInspect()) as { JoinTokens: { Worker: string } };
    await Promise.all(
      this.hosts.slice(1).map(({ engine }, index) =>
        engine.docker.swarmJoin({
          ListenAddr: `${address(index + 1)}:2377`,
          AdvertiseAddr: address(index + 1),
          RemoteAddrs: [`${address(0)}:2377`],
          JoinToken: JoinTokens.Worker,
        }),
      ),
    );
  }

  async #shareBaseImage(): Promise<void> {
    const { reference } = await ensureBaseImage(this.manager.engine);
    await Promise.all(
      this.hosts.slice(1).map(async ({ engine }) => {
        const image = await this.manager.engine.docker.getImage(reference).get();
        const reply = (await engine.docker.loadImage(image as NodeJS.ReadableStream)) as unknown as Readable;
        for await (const _ of reply);
      }),
    );
  }
}

/** Starts a program that ends when this process does: with its standard input. */
function startProcess([command, ...args]: readonly string[]): ChildProcess {
  const child = spawn(command as string, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.unref();
  return child;
}

function startMachine(name: string, index: number, folder: string, cgroup: string): ChildProcess {
  mkdirSync(folder);
  const namespaces = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const script = join(root, 'test', 'support', 'swarm-host.sh');
  const address = `${HOST_NETWORK}.${index + 1}/24`;
  return startProcess(['unshare', ...namespaces, 'bash', script, name, address, String(index), folder, cgroup]);
}

function inNetwork({ pid }: ChildProcess, command: readonly string[]): boolean {
  return spawnSync('nsenter', [`--net=/proc/${pid}/ns/net`, ...command]).status === 0;
}

/** Puts one end of a cable into a machine, and the other into the bridge. */
async function plugIn(network: ChildProcess, machine: ChildProcess, index: number): Promise<void> {
  const add = [
    'ip',
    'link',
    'add',
    `host${index}`,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    String(machine.pid),
  ];
  await until(() => hasNetwork(machine), 'the namespaces of a host');
  for (const command of [add, ['ip', 'link', 'set', `host${index}`, 'master', 'br0', 'up']])
    if (!inNetwork(network, command)) throw new Error(`could not ${command.join(' ')}`);
}

/** Whether a machine has its own network by now. */
function hasNetwork({ pid }: ChildProcess): boolean {
  const inode = (process: string | number) => spawnSync('readlink', [`/proc/${process}/ns/net`]).stdout.toString();
  return inode(pid as number) !== inode('self');
}

async function connectHost(name: string, folder: string): Promise<ClusterHost> {
  const address = `unix://${join(folder, 'docker.sock')}`;
  const engine = await until(
    () => connectEngine({ host: address, origin: name }).catch(() => undefined),
    `the engine of ${name}`,
    { timeoutMs: START_TIMEOUT_MS },
  );
  return { name, address, engine };
}

/** Whether a process is the engine that listens at an address. */
function isEngineAt(pid: string, address: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[0]?.endsWith('dockerd') === true && words.includes(address);
  } catch {
    return false; // It has ended.
  }
}

/** Removes the groups that engines leave behind when they are killed; false while some are in use. */
function removeCgroups(cgroup: string): boolean {
  const hierarchies = ['.', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name, cgroup));
  const remove = (folder: string): boolean => {
    try {
      for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
        if (!remove(join(folder, name))) return false;
      rmdirSync(folder);
      return true;
    } catch (cause) {
      return ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    }
  };
  return hierarchies.map(remove).every(Boolean);
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
  } catch {
    return 'it wrote no log';
  }
}
