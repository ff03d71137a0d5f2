import { describe, expect, it } from 'vitest';
import { hasNamespaces } from '../../support/namespaces.ts';
import { runOnPrivateMachine } from '../../support/private-machine.ts';

const HELPERS = `
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
  return performance.now() - began;
};
`;

describe.skipIf(!hasNamespaces).each(['present', 'ordinary'] as const)(
  'a network in namespaces of the %s user',
  (user) => {
    it('changes nothing on the machine, and leaves nothing', async () => {
      const output = await runOnPrivateMachine(
        `${HELPERS}
      run('ip', 'link', 'add', 'mine', 'type', 'bridge');
      run('nft', 'add', 'table', 'bridge', 'mine');
      writeFileSync('net.yaml', 'nodes: [a, b, c]\\nlinks: [{ link: a <-> b, delay: 5ms }, b -> c]');
      const before = machine();
      devnet('up', '-d', '--engine', 'namespaces', '--name', 'quiet', 'net.yaml');
      devnet('partition', '--name', 'quiet', 'a', '/', 'b');
      const during = machine();
      const spaces = Object.fromEntries(['user', 'net', 'pid', 'mnt', 'uts'].map((kind) => [kind, namespaces(kind).length]));
      devnet('down', 'quiet');
      await untilGone();
      console.log(JSON.stringify({ before, during, after: machine(), spaces }));`,
        user,
      );
      const { before, during, after, spaces } = JSON.parse(output);
      expect(before.links).toContain('mine');
      expect(during).toEqual(before);
      expect(after).toEqual(before);
      // The machine, the supervisor and three nodes; unshare itself waits outside the namespace of process ids that it made.
      expect(spaces).toEqual({ user: 5, net: 5, pid: 5, mnt: 5, uts: 5 });
    });

    it('is gone once its supervisor is killed, and its name is free', async () => {
      const output = await runOnPrivateMachine(
        `${HELPERS}
      writeFileSync('net.yaml', 'nodes: [a, b, c]\\nlinks: [a <-> b, b -> c]');
      const times = [];
      for (let round = 0; round < 3; round++) {
        devnet('up', '-d', '--engine', 'namespaces', '--name', 'brief', 'net.yaml');
        const [supervisor] = supervisors();
        process.kill(supervisor, 'SIGKILL');
        times.push(await untilGone());
      }
      console.log(JSON.stringify(times));`,
        user,
      );
      for (const time of JSON.parse(output)) expect(time).toBeLessThan(5_000);
    });

    it('ends with the command that it belongs to, however and whenever that ends', async () => {
      const output = await runOnPrivateMachine(
        `${HELPERS}
      writeFileSync('net.yaml', 'nodes: { count: 6 }\\nlinks: [n1 <-> n2]');
      for (let round = 0; round < 4; round++) {
        const up = spawn(process.execPath, [process.argv[2], 'up', '--engine', 'namespaces', '--name', 'owned', 'net.yaml'], { stdio: 'ignore' });
        await wait(200 * round);
        up.kill('SIGKILL');
        await new Promise((resolve) => up.once('exit', resolve));
        await untilGone();
      }
      console.log('gone');`,
        user,
      );
      expect(output).toBe('gone\n');
    });

    it('shows its nodes their own machine, whose files and privileges they cannot raise', async () => {
      const output = await runOnPrivateMachine(
        `${HELPERS}
      writeFileSync('net.yaml', 'nodes: [a, b]\\nlinks: [a -> b]');
      devnet('up', '-d', '--engine', 'namespaces', '--name', 'seen', 'net.yaml');
      const inNode = (script) => devnet('exec', '--name', 'seen', 'a', '--', 'sh', '-c', script).trim();
      console.log(JSON.stringify({
        uid: inNode('id -u'),
        capabilities: inNode('grep CapEff /proc/self/status'),
        hostname: inNode('uname -n'),
        processes: inNode('ls /proc | grep -c ^[0-9]'),
        first: inNode('tr "\\\\0" " " < /proc/1/cmdline'),
        hosts: inNode('cat /etc/hosts'),
        link: inNode('ip -o -4 addr show dev eth0'),
        routes: inNode('ip route show default'),
        writable: inNode('touch /run/mine && ls /run'),
        sockets: inNode('ls -d $XDG_RUNTIME_DIR/devnet 2>&1 || :'),
        leave: inNode('mount -t tmpfs none /mnt 2>&1 || echo refused'),
      }));
      devnet('down', 'seen');`,
        user,
      );
      const seen = JSON.parse(output);
      expect(seen).toMatchObject({
        uid: '1000',
        capabilities: expect.stringMatching(/^CapEff:\s+0+$/),
        hostname: 'a',
        first: expect.stringMatching(/node\.cjs/),
        link: expect.stringMatching(/ inet 10\.\d+\.\d+\.2\/24 /),
        routes: '',
        writable: expect.stringContaining('mine'),
        leave: expect.stringContaining('refused'),
      });
      expect(Number(seen.processes)).toBeLessThan(8);
      expect(seen.hosts).toMatch(/^127\.0\.0\.1 localhost\n10\.\d+\.\d+\.2 a\n10\.\d+\.\d+\.3 b$/);
    });
  },
);
