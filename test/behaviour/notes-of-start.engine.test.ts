import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { up } from '../../src/controller/lifecycle/up.ts';
import { Devnet } from '../../src/testing/index.ts';
import { devnet } from '../support/cli.ts';
import { runOnEngineHost } from '../support/engine-host.ts';
import { onPodman } from '../support/on-podman.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-notes-'));

/** Leaves the rules of a network that is gone, which cut the first two nodes of the next one on its subnet. @returns the subnet */
async function leaveRules(name: string): Promise<string> {
  const { devnet: used } = await box.up('nodes: [a, b]');
  const subnet = used.network?.subnet as string;
  const [from, to] = used.nodes.map(({ address }) => address);
  const table = `bridge devnet-${name}`;
  const rules = [
    `add table ${table}`,
    `add chain ${table} for_br-gone`,
    `add chain ${table} arriving { type filter hook prerouting priority 0; }`,
    `add rule ${table} arriving ip saddr ${from} ip daddr ${to} drop`,
  ];
  expect(await devnet(['down', used.name])).toMatchObject({ status: 0 });
  await runOnEngineHost(engine, ['nft', rules.join('; ')]);
  return subnet;
}

/** On Podman the agent has rules of its own to add before links are seeded, and first removes those without a word. */
const NOTES = onPodman ? [] : [/removed link rules that were left in the kernel without their netem agent, of: .*/];

it('run prints what is not as usual about its network', async () => {
  const gone = box.name();
  const subnet = await leaveRules(gone);
  const file = join(cwd, 'run.yaml');
  writeFileSync(
    file,
    `name: ${box.name()}\nsubnet: ${subnet}\nnodes: [a, b]\nlinks: [a -> b]\nscenario: [{ at: 0s, gossip: a }]`,
  );
  const { status, stderr } = await devnet(['run', file], { cwd });
  expect(status, stderr).toBe(0);
  for (const note of NOTES) expect(stderr).toMatch(note);
  expect(stderr.includes(gone)).toBe(NOTES.length > 0);
});

it('a network of a test has them as its notes', async () => {
  const gone = box.name();
  const subnet = await leaveRules(gone);
  await using net = await Devnet.up({ subnet, nodes: ['a', 'b'], links: ['a -> b'] });
  expect(net.notes).toEqual(NOTES.map((note) => expect.stringMatching(note)));
  expect(net.notes.join().includes(gone)).toBe(NOTES.length > 0);
  await using other = await Devnet.up({ nodes: ['a'] });
  expect(other.notes).toEqual([]);
});

it('up names the nodes whose declared conditions a queue of another program is in the way of', async () => {
  const topology = box.topology('nodes: [a, b]\nlinks: [a -> b]');
  const { devnet: plain } = await up(engine, topology);
  const bridge = plain.network?.bridge as string;
  const ports = JSON.parse(await runOnEngineHost(engine, ['ip', '-j', 'link', 'show', 'master', bridge])) as {
    ifname: string;
  }[];
  for (const { ifname } of ports)
    await runOnEngineHost(engine, ['tc', 'qdisc', 'add', 'dev', ifname, 'root', 'handle', '1:', 'pfifo']);
  const conditions = [{ from: 'a', to: 'b', rate: 1e6 }];
  const { notes } = await up(engine, { ...topology, conditions });
  expect(notes).toEqual([
    expect.stringMatching(/^packets to b are not shaped: \S+, .* has a queue of another program \(pfifo\)/),
  ]);
});
