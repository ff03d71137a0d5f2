import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseGossipStrategy } from '../../src/node/gossip/gossip-strategy.ts';
import { createProtocolHandlers, type ProtocolActions } from '../../src/node/messages/protocol-handlers.ts';
import { Counters } from '../../src/protocol/status.ts';
import { root } from '../support/paths.ts';
import { cleanUp, FakePeer, greet, startNode } from '../support/test-node.ts';
import { until } from '../support/until.ts';

afterEach(cleanUp);

const page = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');

/** Returns the quoted names in one column of a section's table rows that start with a quoted name. */
function quoted(section: string, column: number): string[] {
  const text = page.split(/^#+ /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...text.matchAll(/^\| `.*\|$/gm)].flatMap(([row]) =>
    [...(row.split(' | ')[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  );
}

test('docs/protocol.md lists every message type of a node', () => {
  const types = [...createProtocolHandlers({} as ProtocolActions).keys()];
  expect(quoted('Message types', 0).sort()).toEqual(types.sort());
});

test('docs/protocol.md lists every gossip strategy', () => {
  const ways = quoted('Gossip', 0).filter((name) => name !== 'DEVNET_GOSSIP');
  expect(ways.map((way) => parseGossipStrategy(way)?.kind)).toEqual(['flood', 'fanout', 'announce']);
});

test('docs/protocol.md lists every field of a status, its counters and its peers', async () => {
  const peer = await new FakePeer(greet).start();
  const { node } = await startNode({ network: { name: 'ring', id: 'r1' }, strategy: { kind: 'fanout', copies: 1 } });
  node.addPeer(peer.listen);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  const { peers, ...status } = node.status();
  expect(quoted('Status', 0).sort()).toEqual([...Object.keys(status), 'peers'].sort());
  const told = quoted('Status', 1);
  for (const counter of Object.keys(new Counters())) expect(told).toContain(counter);
  const fields = told.find((text) => text.startsWith('{peer, '))?.match(/\w+/g);
  expect(fields).toEqual(Object.keys(peers[0]!));
});
