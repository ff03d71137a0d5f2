import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureNodeSnapshot, startsFromSnapshot } from '../../../src/runtimes/namespaces/node-snapshot.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { hasNamespaces } from '../../support/namespaces.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-snapshot-'));
const program = join(folder, 'node.cjs');
const snapshots = join(folder, 'snapshots');
const write = (text: string) => writeFileSync(program, text);

beforeEach(() => {
  rmSync(snapshots, { recursive: true, force: true });
  write('globalThis.answer = 42');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasNamespaces)('ensureNodeSnapshot', () => {
  it('makes a snapshot once for each text of the program, and keeps no other', async () => {
    const first = (await ensureNodeSnapshot(program)) as string;
    expect(dirname(first)).toBe(snapshots);
    const { mtimeMs } = statSync(first);
    expect(await ensureNodeSnapshot(program)).toBe(first);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);
    write('globalThis.answer = 43');
    const second = (await ensureNodeSnapshot(program)) as string;
    expect(second).not.toBe(first);
    expect(readdirSync(snapshots)).toEqual([second.slice(snapshots.length + 1)]);
  });

  it('leaves those of other versions of Node alone', async () => {
    mkdirSync(snapshots);
    copyFileSync(program, join(snapshots, 'node-v1.0.0-x64-1-1.blob'));
    await ensureNodeSnapshot(program);
    expect(readdirSync(snapshots)).toHaveLength(2);
  });

  it('makes one although several ask for it at once', async () => {
    const paths = await Promise.all([1, 2, 3].map(() => ensureNodeSnapshot(program)));
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(snapshots)).toHaveLength(1);
  });

  it('makes none where the program fails', async () => {
    write('throw new Error()');
    expect(await ensureNodeSnapshot(program)).toBeUndefined();
    expect(readdirSync(snapshots)).toEqual([]);
  });

  it('makes none, and leaves nothing, where the start is aborted', async () => {
    expect(await ensureNodeSnapshot(program, AbortSignal.abort())).toBeUndefined();
    expect(readdirSync(snapshots)).toEqual([]);
  });

  it('makes none where its folder cannot be written', async () => {
    writeFileSync(snapshots, '');
    expect(await ensureNodeSnapshot(program)).toBeUndefined();
  });
});

it.each([
  ['{ count: 200 }', true],
  ['{ count: 201 }', false],
  ['{ own: { command: [x] }, n: {} }', true],
  ['{ own: { command: [x] } }', false],
])('nodes: %s start from a snapshot: %s', (nodes, expected) => {
  expect(startsFromSnapshot(parseTopology(`nodes: ${nodes}`, { file: 'x', name: 'x' }))).toBe(expected);
});
