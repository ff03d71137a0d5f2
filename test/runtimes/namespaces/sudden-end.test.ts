import { describe, expect, it } from 'vitest';
import { hasNamespaces } from '../../support/namespaces.ts';
import { MACHINE_HELPERS, runOnPrivateMachine } from '../../support/private-machine.ts';

/** Kills of each user; `npm run soak` has more. */
const KILLS = Math.ceil(Number(process.env.DEVNET_SOAK ?? 20) / 2);
/** Moments are spread over the start of a network and the time after it, milliseconds. */
const LATEST_MS = 1_200;

describe.skipIf(!hasNamespaces).each(['present', 'ordinary'] as const)(
  'a network in namespaces of the %s user',
  (user) => {
    it('leaves nothing, whichever of its processes is killed and whenever, and its name is free', {
      timeout: 60_000 + KILLS * 10_000,
    }, async () => {
      const output = await runOnPrivateMachine(
        `${MACHINE_HELPERS}
      writeFileSync('net.yaml', 'nodes: { brief1: { memory: 100m }, brief2: {}, brief3: {} }\\nlinks: [brief1 <-> brief2 <-> brief3]\\nconditions: { default: { delay: 1ms } }');
      const parentOf = (pid) => Number(unlessGone(() => readFileSync('/proc/' + pid + '/stat', 'utf8'))?.split(') ')[1]?.split(' ')[1]);
      const victims = {
        up: (up) => up.pid,
        supervisor: () => supervisors()[0],
        unshare: () => parentOf(supervisors()[0]),
      };
      const before = machine();
      const kinds = Object.keys(victims);
      const killed = { up: 0, supervisor: 0, unshare: 0 };
      let groups = '';
      for (let round = 0; round < ${KILLS}; round++) {
        const kind = kinds[round % kinds.length];
        const up = spawn(process.execPath, [process.argv[2], 'up', '--engine', 'namespaces', '--name', 'brief', 'net.yaml'], { stdio: ['ignore', 'ignore', 'pipe'] });
        const ended = new Promise((resolve) => up.once('exit', resolve));
        let said = '';
        up.stderr.setEncoding('utf8').on('data', (text) => { said += text; });
        // The first of each kind hits a network that is up; the others hit at moments that the golden ratio spreads evenly.
        if (round >= kinds.length) await wait((round * 0.618 % 1) * ${LATEST_MS});
        else while (!said.includes('up and verified')) await wait(10);
        // Before the supervisor is there, the command is what can be killed.
        const victim = victims[kind](up);
        const pid = victim > 1 ? victim : up.pid;
        try { process.kill(pid, 'SIGKILL'); } catch (cause) { if (cause.code !== 'ESRCH') throw cause; }
        killed[pid === up.pid ? 'up' : kind]++;
        await ended;
        await untilGone();
        groups += run('find', '/sys/fs/cgroup', '-path', '*/devnet.*', '-name', 'brief*');
      }
      const after = machine();
      devnet('up', '-d', '--engine', 'namespaces', '--name', 'brief', 'net.yaml');
      const listed = JSON.parse(devnet('ls', '--json')).filter(({ name }) => name === 'brief').length;
      devnet('down', 'brief');
      await untilGone();
      console.log(JSON.stringify({ before, after, killed, listed, groups, last: machine() }));`,
        user,
      );
      const { before, after, killed, listed, groups, last } = JSON.parse(output);

      expect(after).toEqual(before);
      expect(last).toEqual(before);
      expect(groups).toBe('');
      for (const count of Object.values(killed)) expect(count).toBeGreaterThan(0);
      expect(listed).toBe(1);
    });
  },
);
