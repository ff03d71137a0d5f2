import { describe, expect, it } from 'vitest';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { sendToNode } from '../../../src/controller/peers/send-to-node.ts';
import { observeAll } from '../../../src/controller/state/network-state.ts';
import { execWithInput } from '../../../src/engine/exec.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { hasNoDrift } from '../../../src/network/links/drift.ts';
import type { UpStep } from '../../../src/network/runtime.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const { engine } = box;

describe('up', () => {
  it('creates exactly the declared network, as the nodes report it, and down leaves nothing', async () => {
    const steps: UpStep[] = [];
    const { devnet, drift } = await box.up('nodes: { count: 5 }\nlinks: [n1 <-> n2, n2 -> n3, n4 -> n1]', {
      onProgress: (step) => steps.push(step),
    });
    expect(hasNoDrift(drift)).toBe(true);
    expect(drift.unknown).toEqual([]);
    const peers = await Promise.all(
      devnet.nodes.map(
        async ({ name }) => (await sendToNode(engine, devnet, name, { message_type: 'get_peers' }, 2000))?.payload,
      ),
    );
    const address = (name: string) => {
      const node = devnet.nodes.find((candidate) => candidate.name === name);
      return `${node?.address}:${node?.port}`;
    };
    expect((peers as string[][]).map((list) => [...list].sort())).toEqual([
      [address('n2')],
      [address('n1'), address('n3')].sort(),
      [],
      [address('n1')],
      [],
    ]);
    expect(steps.filter(({ step }) => step === 'listening')).toHaveLength(5);
    expect(steps.filter(({ step }) => step === 'verified').at(-1)).toMatchObject({ done: 4 });

    await down(engine, devnet);
    expect(await box.observe(devnet.name)).toBeUndefined();
    await down(engine, devnet); // Once more harms nothing.
  });

  it('closes every node: no root, no capability, no writable file, no route out', async () => {
    const { devnet } = await box.up('nodes: { count: 1 }');
    const id = devnet.nodes[0]?.containerId as string;
    // Engines write differently that all capabilities are dropped; the kernel says what is left.
    const readStatus = ['node', '-e', "process.stdout.write(require('fs').readFileSync('/proc/1/status'))"];
    const { stdout } = await execWithInput(engine, id, readStatus, '');
    expect(stdout.match(/^Cap\w+:\s*\S+$/gm)).toEqual(
      ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:\t${'0'.repeat(16)}`),
    );
    const { HostConfig, Config } = await engine.docker.getContainer(id).inspect();
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      PidsLimit: 64,
      Memory: 128 * 1024 * 1024,
    });
    expect(HostConfig.CapAdd ?? []).toEqual([]);
    expect(HostConfig.SecurityOpt).toContain('no-new-privileges');
    expect(Config.User).toBe('1000:1000');
    expect((await engine.docker.getNetwork(devnet.network?.id as string).inspect()).Internal).toBe(true);
  });

  it('lifts the restrictions that a topology lifts', async () => {
    const { devnet } = await box.up(
      'nodes: { a: { user: "0", writable: true, capabilities: [NET_RAW], pids: 32, memory: 96m, cpus: 0.5, labels: { who: me }, env: { X: 1 } } }',
    );
    const { HostConfig, Config } = await engine.docker.getContainer(devnet.nodes[0]?.containerId as string).inspect();
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: false, PidsLimit: 32, Memory: 96 * 1024 * 1024, NanoCpus: 5e8 });
    expect(HostConfig.CapAdd?.map((name: string) => name.replace('CAP_', ''))).toEqual(['NET_RAW']);
    expect(Config).toMatchObject({ User: '0', Labels: { who: 'me' } });
    expect(Config.Env).toContain('X=1');
  });

  it('runs two networks that share nothing', async () => {
    const [one, other] = await Promise.all([
      box.up('nodes: [a, b]\nlinks: [a -> b]'),
      box.up('nodes: [a, b]\nlinks: [b -> a]'),
    ]);
    expect(one.devnet.network?.subnet).not.toBe(other.devnet.network?.subnet);
    await down(engine, one.devnet);
    const left = await status(engine, (await box.observe(other.devnet.name)) as typeof other.devnet);
    expect(hasNoDrift(left.drift)).toBe(true);
    const names = (await observeAll(engine)).map(({ name }) => name);
    expect(names).toContain(other.devnet.name);
    expect(names).not.toContain(one.devnet.name);
  });

  it('reports a killed node as drift, with its exit code and its broken links', async () => {
    const { devnet } = await box.up('nodes: [a, b, c]\nlinks: [a <-> b, b -> c]');
    await engine.docker.getContainer(devnet.nodes[1]?.containerId as string).kill();
    const now = await until(async () => status(engine, (await box.observe(devnet.name)) as typeof devnet), 'drift', {
      accept: ({ drift }) => drift.broken.length > 0 && drift.down.length > 0,
      timeoutMs: 10_000,
    });
    expect(now.drift).toMatchObject({ down: ['b'], broken: [{ from: 'a', to: 'b' }] });
    expect(now.nodes[1]).toMatchObject({ name: 'b', state: 'exited', exitCode: 137 });
    expect(now.links.find(({ from, to }) => from === 'b' && to === 'c')?.state).toBe('dead');
  });

  it('stops a node within a second of SIGTERM, with exit code 0', async () => {
    const { devnet } = await box.up('nodes: [a]');
    const container = engine.docker.getContainer(devnet.nodes[0]?.containerId as string);
    await container.stop({ t: 1 }); // The engine kills after this second: that would be 137.
    expect((await container.inspect()).State.ExitCode).toBe(0);
  });
});

describe('up, with other implementations of a node', async () => {
  const { reference } = await ensureBaseImage(engine);
  const node = (script: string) => `{ image: "${reference}", command: [node, -e, ${JSON.stringify(script)}] }`;
  const serve = (body: string) =>
    `const peers = []; require('net').createServer((s) => { s.on('error', () => {}); let text = ''; s.on('data', (d) => { text += d; if (!text.includes('\\n\\n')) return; const m = JSON.parse(text.split('\\n')[0]); text = ''; ${body} }); }).listen(3000)`;

  it('verifies a node without get_status by get_peers, one message a connection', async () => {
    const script = serve(
      "if (m.message_type === 'add_peer') peers.push(m.payload); s.end(JSON.stringify({ message_type: 'peers', payload: peers }) + '\\n');",
    );
    const { devnet, drift } = await box.up(
      `nodes: { old: ${node(script)}, b: , c: }\nlinks: [old -> b, old -> c, b -> old]`,
    );
    const listed = ['b', 'c'].map((to) => ({ from: 'old', to }));
    expect(drift).toEqual({ missing: [], broken: [], extra: [], unknown: [], listed, down: [] });
    const now = await status(engine, devnet);
    expect(now.links.map(({ from, to, state }) => `${from} ${to} ${state}`)).toEqual([
      'old b listed',
      'old c listed',
      'b old up',
    ]);
  });

  it('seeds a node that answers nothing, and reports its links as unknown', async () => {
    const { drift } = await box.up(`nodes: { mute: ${node(serve(''))}, b: }\nlinks: [mute -> b, b -> mute]`);
    expect(drift.unknown).toEqual([{ from: 'mute', to: 'b' }]);
    expect(hasNoDrift(drift)).toBe(true);
  });

  it('fails and names the links when a node ignores add_peer', async () => {
    const forgetful = serve("s.write(JSON.stringify({ message_type: 'peers', payload: ['10.0.0.1:1'] }) + '\\n\\n');");
    const failed = box.up(`nodes: { bad: ${node(forgetful)}, b: }\nlinks: [bad -> b]`, { timeoutMs: 5000 });
    await expect(failed).rejects.toMatchObject({
      code: 'not_verified',
      message: expect.stringMatching(/missing: bad -> b\n {2}not declared: bad -> 10\.0\.0\.1:1/),
    });
  });
});
