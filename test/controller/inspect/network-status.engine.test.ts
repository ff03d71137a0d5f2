import { describe, expect, it } from 'vitest';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { devnet } from '../../support/cli.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { reference } = await ensureBaseImage(box.engine);

/** A node that answers what `answers` says it does, with its peers; anything else gets `otherwise`, or no answer. */
const node = (answers: string[], otherwise = '') => {
  const script = `
    const peers = [];
    require('net').createServer((socket) => {
      socket.on('error', () => {}).on('data', (data) => {
        const { message_type: type, payload } = JSON.parse(String(data));
        if (type === 'add_peer') peers.push(payload);
        if (${JSON.stringify(answers)}.includes(type)) socket.write(JSON.stringify({ message_type: 'peers', payload: peers }) + '\\n\\n');
        else socket.end(${JSON.stringify(otherwise)});
      });
    }).listen(3000)`;
  return `{ image: "${reference}", command: [node, -e, ${JSON.stringify(script)}] }`;
};

const UNKNOWN = '{"message_type":"error","payload":{"code":"unknown_type","message":"what?"}}\n\n';

describe('status', () => {
  it('lists what nodes of another make do not answer, and what that limits', async () => {
    const listing = node(['add_peer', 'get_peers', 'remove_peer']);
    const refusing = node(['add_peer', 'get_peers'], UNKNOWN);
    const yaml = `nodes: { own: , listing: ${listing}, refusing: ${refusing}, mute: ${node([])} }\nlinks: [own -> listing, listing -> own, refusing -> own, mute -> own]`;
    const { devnet: up } = await box.up(yaml);

    const { stdout } = await devnet(['status', up.name, '--json']);
    const lacks = JSON.parse(stdout).nodes.map(({ name, lacks }: { name: string; lacks: string[] }) => [name, lacks]);
    expect(Object.fromEntries(lacks)).toEqual({
      own: [],
      listing: ['get_status'],
      refusing: ['get_status', 'remove_peer'],
      mute: ['get_status', 'get_peers', 'remove_peer'],
    });

    const text = await devnet(['status', up.name]);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(
      /! not answered\n {2}get_status, by listing, refusing, mute: .*\n {2}get_peers, by mute: .*\n {2}remove_peer, by refusing, mute: .*\n$/,
    );

    // To be asked has changed nothing, and a node that does not run has nothing said of it.
    await box.engine.docker.getContainer(up.nodes[0]?.containerId as string).kill();
    const after = JSON.parse((await devnet(['status', up.name, '--json'])).stdout);
    expect(after.drift.missing).toEqual([]);
    expect(after.nodes[0]).toMatchObject({ name: 'own', state: 'exited' });
    expect(after.nodes[0]).not.toHaveProperty('lacks');
  });

  it('says nothing of it where every node answers all', async () => {
    const { devnet: up } = await box.up('nodes: [a, b]\nlinks: [a <-> b]');
    expect((await devnet(['status', up.name])).stdout).toMatch(/no drift: the graph is the declared one\n$/);
  });
});
