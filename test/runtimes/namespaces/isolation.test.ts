import { describe, expect, it } from 'vitest';
import { hasNamespaces } from '../../support/namespaces.ts';
import { MACHINE_HELPERS, runOnPrivateMachine } from '../../support/private-machine.ts';

describe.skipIf(!hasNamespaces).each(['present', 'ordinary'] as const)(
  'a network in namespaces of the %s user',
  (user) => {
    it('changes nothing on the machine, and leaves nothing', async () => {
      const output = await runOnPrivateMachine(
        `${MACHINE_HELPERS}
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

    it('shows its nodes their own machine, whose files and privileges they cannot raise', async () => {
      const output = await runOnPrivateMachine(
        `${MACHINE_HELPERS}
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
        writable: inNode('touch /run/mine /dev/shm/mine "$HOME/own" && ls /run'),
        readOnly: inNode('for folder in / /tmp /etc "$PWD" /sys /dev; do touch $folder/mine 2>/dev/null && echo $folder; done; echo none'),
        remount: inNode('mount -o remount,bind,rw / 2>&1 || echo refused'),
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
        first: expect.stringMatching(/node\.cjs|node-v.*\.blob/),
        link: expect.stringMatching(/ inet 10\.\d+\.\d+\.2\/24 /),
        routes: '',
        writable: expect.stringContaining('mine'),
        readOnly: 'none',
        remount: expect.stringContaining('refused'),
        sockets: expect.stringMatching(/No such file|Permission denied/),
        leave: expect.stringContaining('refused'),
      });
      expect(Number(seen.processes)).toBeLessThan(8);
      expect(seen.hosts).toMatch(/^127\.0\.0\.1 localhost\n10\.\d+\.\d+\.2 a\n10\.\d+\.\d+\.3 b$/);
    });
  },
);
