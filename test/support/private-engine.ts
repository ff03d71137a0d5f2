import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, type Engine } from '../../src/engine/connection/engine.ts';
import { spawnSync } from './run-sync.ts';
import { until } from './until.ts';

/** Whether this machine can start an engine in namespaces of its own. */
export const canStartEngine = process.getuid?.() === 0 && spawnSync('dockerd', ['--version']).status === 0;

// Process 1 of the new namespaces, so that all that the engine started ends with it, and it ends with its standard input. The
// engine is started again when it ends, as by a service manager.
const SCRIPT = `
set -e
exec 3<&0
{ cat <&3; kill -TERM 1; } &
trap exit TERM
mount --make-rprivate / && mount -t proc proc /proc && mount -t tmpfs -o size="$2"m tmpfs "$1/data" && ip link set lo up
trap 'kill $engine' USR1
while :; do
  dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/engine.sock" --bridge none &
  engine=$!
  wait $engine || wait $engine || :
done`;

/** An engine of a test's own, whose disk is small, in network, mount and process namespaces of its own. */
export interface PrivateEngine {
  engine: Engine;
  /** For DOCKER_HOST. */
  host: string;
  /** Ends the engine with its containers, and resolves when it answers again. */
  restart(): Promise<void>;
  /** Fills its disk, and resolves with what frees it. */
  fillDisk(): () => void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts an engine, which ends with this process at the latest. @param diskMebibytes size of its disk, which is in memory */
export async function startPrivateEngine(diskMebibytes: number): Promise<PrivateEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-private-'));
  for (const name of ['data', 'exec']) mkdirSync(join(folder, name));
  const host = `unix://${folder}/engine.sock`;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  const machine = spawn('unshare', [...namespaces, 'bash', '-c', SCRIPT, 'engine', folder, String(diskMebibytes)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = new Promise((resolve) => machine.once('exit', resolve));
  const connect = () => connectEngine({ host, origin: 'test' }).catch(() => undefined);
  const untilAnswers = () => until(connect, 'the private engine to answer', { timeoutMs: 60_000 });
  const engine = await untilAnswers();
  return {
    engine,
    host,
    async restart() {
      const { ID } = await engine.docker.info();
      inNamespaces(machine, `kill -USR1 1`);
      await until(async () => (await connect()) === undefined, 'the private engine to end');
      await untilAnswers();
      if ((await engine.docker.info()).ID !== ID) throw new Error('another engine answers');
    },
    fillDisk() {
      inNamespaces(machine, `dd if=/dev/zero of=${folder}/data/filler bs=64k 2>/dev/null || :`);
      return () => inNamespaces(machine, `rm ${folder}/data/filler`);
    },
    async [Symbol.asyncDispose]() {
      machine.stdin.end();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command in the namespaces of the process that unshare(1) forked. */
function inNamespaces(unshare: ChildProcess, command: string): void {
  const first = spawnSync('pgrep', ['-P', String(unshare.pid)], { encoding: 'utf8' }).stdout.trim();
  const { status, stderr } = spawnSync('nsenter', ['-t', first, '-m', '-p', 'sh', '-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}
