import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL } from '../../src/controller/state/labels.ts';
import { connectEngine } from '../../src/engine/connection/engine.ts';
import { listContainers } from '../../src/engine/containers.ts';
import { Devnet } from '../../src/index.ts';
import type { RuntimeName } from '../../src/network/capabilities.ts';
import { attachNetwork } from '../../src/runtimes/find-networks.ts';
import { readPcapng } from '../capture/read-pcapng.ts';
import { devnet, start } from '../support/cli.ts';
import { spawnSync } from '../support/run-sync.ts';
import { until } from '../support/until.ts';

/** Whether this machine has the program that captures packets on a runtime. */
const hasProgram = (engine: RuntimeName) =>
  spawnSync(engine === 'containers' ? 'tcpdump' : 'dumpcap', ['--version']).status === 0;

/** Tests of captures that are the same on every runtime that has packets. */
export function describeCaptures(engine: RuntimeName): void {
  describe.skipIf(!hasProgram(engine))('captured packets (apt-get install tcpdump wireshark-common)', () => {
    const name = `capture-${engine}-${process.pid}`;
    let cwd: string;

    beforeAll(async () => {
      cwd = mkdtempSync(join(tmpdir(), 'devnet-capture-'));
      const topology = join(cwd, 'net.yaml');
      writeFileSync(topology, 'nodes: { count: 3 }\nlinks: [n1 <-> n2, n2 <-> n3]');
      const { status, stderr } = await devnet(['up', topology, '-d', '--name', name, '--engine', engine], { cwd });
      expect({ status, stderr }).toMatchObject({ status: 0 });
    });
    afterAll(async () => {
      await devnet(['down', name], { cwd });
      rmSync(cwd, { recursive: true });
    });

    const gossip = (id: string) => devnet(['send', `${name}/n1`, 'gossip', JSON.stringify({ id })], { cwd });

    it('are those between two nodes, each once, by the node that sent it', async () => {
      const file = join(cwd, 'link.pcapng');
      writeFileSync(file, 'older', { mode: 0o644 });
      const capture = start(['capture', `${name}/n2`, 'n3', '-w', file], { cwd });
      await capture.waitForOutput('capturing packets between n2 and n3; Ctrl-C ends it');
      expect(await gossip('one')).toMatchObject({ status: 0 });
      await devnet(['send', `${name}/n3`, 'ping'], { cwd });
      capture.child.kill('SIGINT');
      const { status, stderr } = await capture.finished;
      expect({ status, stderr }).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/✔ \d+ packets?, [\d.]+ (B|KiB) in .*link\.pcapng/),
      });
      const { interfaces, packets } = readPcapng(readFileSync(file));
      expect(interfaces).toEqual(['n1', 'n2', 'n3', 'devnet']);
      expect(packets.filter(({ text }) => text.includes('"gossip"')).map(({ sender }) => sender)).toEqual(['n2']);
      expect(packets.filter(({ text }) => text.includes('"pong"'))).toEqual([]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    });

    it('have those that a fault cuts, and none that a filter leaves out', async () => {
      const file = join(cwd, 'cut.pcapng');
      expect(await devnet(['partition', 'n1', '/', 'n2,n3', '--name', name], { cwd })).toMatchObject({ status: 0 });
      // Longer than a timer can wait, and no reason to end at once.
      const time = ['--for', '720h'];
      const args = ['capture', 'n1', '--name', name, '-w', file, '--filter', 'tcp and greater 100', ...time];
      const capture = start(args, { cwd });
      await capture.waitForOutput('capturing packets of n1');
      await gossip('cut');
      capture.child.kill('SIGINT');
      await capture.finished;
      expect(await devnet(['heal', '--name', name], { cwd })).toMatchObject({ status: 0 });
      const { packets } = readPcapng(readFileSync(file));
      const sent = packets.filter(({ sender, text }) => sender === 'n1' && text.includes('"cut"'));
      expect(sent.length).toBeGreaterThanOrEqual(1);
      expect(packets.filter(({ text }) => text.length <= 80)).toEqual([]);
    });

    it('are none of a capture that is to end before it has begun', async () => {
      const network = await attachNetwork(name);
      const parts: object[] = [];
      for await (const part of await network.capturePackets({ signal: AbortSignal.abort() })) parts.push(part);
      expect(parts.at(-1)).toEqual({ dropped: 0 });
      network.close();
    });

    it('go to standard output, until their reader goes away', async () => {
      const cli = join(process.cwd(), 'dist', 'cli.js');
      const file = join(cwd, 'piped.pcapng');
      const command = `exec "${process.execPath}" "${cli}" capture --name ${name} --for 1s > "${file}"`;
      expect(spawnSync('bash', ['-c', command], { cwd, encoding: 'utf8' })).toMatchObject({ status: 0 });
      expect(readPcapng(readFileSync(file)).interfaces).toHaveLength(4);
      // That nobody reads any more shows with the next packets.
      const head = spawn('bash', ['-c', `"${process.execPath}" "${cli}" capture --name ${name} | head -c 10`], { cwd });
      let isOver = false;
      head.once('close', () => {
        isOver = true;
      });
      const sendUntilOver = async () => {
        await devnet(['send', `${name}/n1`, 'ping'], { cwd });
        return isOver;
      };
      await until(sendUntilOver, 'the capture to end with its reader');
    });

    it('are refused by name where a filter or a node is wrong', async () => {
      const refused = async (...args: string[]) => (await devnet(['capture', '--name', name, ...args], { cwd })).stderr;
      expect(await refused('--filter', 'tcp prot 80')).toMatch(
        /the filter "tcp prot 80" is not valid: .*syntax error.*\n.*man pcap-filter/s,
      );
      expect(await refused('--filter', 'tcp) or (port 22')).toContain('the brackets of the filter');
      expect(await refused('n9')).toContain(`"${name}" has no node "n9"`);
      expect(await refused('n1', 'n1')).toContain('two different ones');
      expect(await refused('-w', join(cwd, 'none', 'file'))).toContain('no such folder');
      expect(existsSync(join(cwd, 'none'))).toBe(false);
    });

    it('have each message once, where its link has a delay', async () => {
      const own = `${name}-delay`;
      const topology = 'nodes: [a, b]\nlinks: [{ link: a -> b, delay: 20ms }]';
      const up = ['up', '-', '-d', '--name', own, '--engine', engine];
      expect(await devnet(up, { cwd, input: topology })).toMatchObject({ status: 0 });
      const file = join(cwd, 'delay.pcapng');
      const capture = start(['capture', '--name', own, '-w', file], { cwd });
      await capture.waitForOutput('capturing');
      await devnet(['send', `${own}/a`, 'gossip', '{"id":"delayed"}'], { cwd });
      const received = async () => (await devnet(['logs', own, '--event', 'gossip_received'], { cwd })).stdout;
      await until(async () => /b +gossip_received/.test(await received()), 'the receipt');
      capture.child.kill('SIGINT');
      expect(await capture.finished).toMatchObject({ status: 0 });
      const { packets } = readPcapng(readFileSync(file));
      // The request of the controller, where it dials the node itself, and the hop.
      const senders = packets.filter(({ text }) => text.includes('"delayed"')).map(({ sender }) => sender);
      expect(senders.filter((sender) => sender !== 'devnet')).toEqual(['a']);
      expect(await devnet(['down', own], { cwd })).toMatchObject({ status: 0 });
    });

    it('leave nothing behind', async () => {
      const { stdout } = await devnet(['status', name, '--json'], { cwd });
      expect(JSON.parse(stdout).drift).toMatchObject({ missing: [], broken: [], down: [] });
      if (engine !== 'containers') return;
      const connected = await connectEngine();
      const left = () => listContainers(connected, `${LABEL.name}=${name}`, `${LABEL.role}=capture`);
      await until(async () => (await left()).length === 0, 'the end of the agents');
    });

    it('are in the artifacts of a test that fails', async () => {
      const artifacts = join(cwd, 'artifacts');
      const topology = join(cwd, 'captured.yaml');
      writeFileSync(topology, 'nodes: [a, b]\nlinks: [a -> b]\ncapture: true');
      const failing = Devnet.run(topology, { engine, artifacts }, async (net) => {
        await net.gossip('a', 'captured news');
        throw new Error('the test failed');
      });
      await expect(failing).rejects.toThrow('the test failed');
      const [network] = readdirSync(artifacts) as [string];
      const [dump] = readdirSync(join(artifacts, network)) as [string];
      expect(dump).toMatch(/^dump-/);
      const file = join(artifacts, network, dump, 'capture.pcapng');
      const { packets } = readPcapng(readFileSync(file));
      expect(packets.filter(({ text }) => text.includes('captured news')).map(({ sender }) => sender)).toContain('a');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(existsSync(join(artifacts, network, 'capture.pcapng'))).toBe(false);
    });

    it('are in the folder of a network in the foreground', async () => {
      const own = `${name}-up`;
      const topology = 'nodes: [a, b]\nlinks: [a -> b]\ncapture: true';
      const up = start(['up', '-', '--name', own, '--engine', engine], { cwd, input: topology });
      await up.waitForOutput('packets are captured in');
      await devnet(['send', `${own}/a`, 'gossip', '{"id":"in the foreground"}'], { cwd });
      up.child.kill('SIGINT');
      expect(await up.finished).toMatchObject({ status: 0 });
      const { packets } = readPcapng(readFileSync(join(cwd, '.devnet', own, 'capture.pcapng')));
      expect(packets.some(({ sender, text }) => sender === 'a' && text.includes('in the foreground'))).toBe(true);
    });
  });
}
