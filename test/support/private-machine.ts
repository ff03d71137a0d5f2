import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from './paths.ts';

/** User and group `nobody` of Linux. */
const NOBODY = 65_534;

/** Process 1 has to wait for processes that lost their parent; it is no shell that only becomes the command. */
const REAP = '"$@"; exit $?';

/** Start of a script for {@link runOnPrivateMachine}: what the machine has, and how a network is run and ended on it. */
export const MACHINE_HELPERS = `
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const devnet = (...args) => execFileSync(process.execPath, [process.argv[2], ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const run = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8' });
const unlessGone = (read) => { try { return read(); } catch { return undefined; } };
const processes = () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number);
/** Ids of all namespaces of a kind that a process is in, or that are mounted. */
const namespaces = (kind) => [...new Set(processes().map((pid) => unlessGone(() => readlinkSync('/proc/' + pid + '/ns/' + kind))))].filter(Boolean).sort();
const supervisors = () => processes().filter((pid) => unlessGone(() => readFileSync('/proc/' + pid + '/cmdline', 'utf8'))?.split('\\0')[1]?.endsWith('supervisor.cjs'));
const machine = () => ({
  links: run('ip', '-o', 'link'),
  addresses: run('ip', '-o', 'addr'),
  tables: run('nft', 'list', 'ruleset'),
  queues: run('tc', 'qdisc', 'show'),
  // Mounts of an engine on the real machine go when it removes what is mounted there.
  mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').filter((line) => !/docker|containerd|containers/.test(line)),
  run: readdirSync('/run'),
  hosts: readFileSync('/etc/hosts', 'utf8'),
  hostname: run('uname', '-n'),
});
const untilGone = async () => {
  const began = performance.now();
  while (processes().length > 2 || namespaces('net').length > 1) {
    if (performance.now() - began > 10_000) throw new Error('left: ' + processes().map((pid) => unlessGone(() => readFileSync('/proc/' + pid + '/cmdline', 'utf8'))));
    await wait(5);
  }
};
`;

/**
 * Runs a script as the only program of a machine, as far as namespaces can tell: nothing else changes its links, mounts and
 * processes. Its first argument is the CLI.
 * @param user `ordinary`: without any rights on the real machine
 * @returns its standard output
 */
export async function runOnPrivateMachine(script: string, user: 'present' | 'ordinary'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-machine-'));
  const file = join(folder, 'script.mjs');
  writeFileSync(file, script);
  const isRoot = process.getuid?.() === 0;
  const asNobody = isRoot && user === 'ordinary';
  if (asNobody) chownSync(folder, NOBODY, NOBODY);
  chmodSync(folder, 0o700);
  if (asNobody) chownSync(file, NOBODY, NOBODY);
  const namespaces = [
    '--user',
    '--map-root-user',
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  const program = [
    'unshare',
    ...namespaces,
    '--',
    'sh',
    '-c',
    REAP,
    'sh',
    process.execPath,
    file,
    join(root, 'dist', 'cli.js'),
  ];
  const [command, ...args] = asNobody
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...program]
    : program;
  try {
    const child = spawn(command as string, args, {
      cwd: folder,
      env: { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if ((await ended) !== 0) throw new Error(`the script failed:\n${output}\n${errors}`);
    return output;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
