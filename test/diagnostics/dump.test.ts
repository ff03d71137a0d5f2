import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { dump } from '../../src/diagnostics/dump.ts';
import type { LogEntry } from '../../src/network/log-entry.ts';
import type { RunningNetwork } from '../../src/network/running-network.ts';
import { parseTopology } from '../../src/topology/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-dump-'));
afterAll(() => rmSync(folder, { recursive: true }));

const network = {
  name: 'net',
  runtime: 'containers',
  topology: parseTopology('nodes: [a]', { file: 'net.yaml', name: 'net' }),
  addresses: new Map([['a', { host: '10.0.0.2', port: 3_000 }]]),
  capabilities: new Set(),
  status: () => Promise.reject(new Error('not known')),
  versions: async () => ({}),
  readLog: async () =>
    (async function* (): AsyncGenerator<LogEntry[]> {
      yield [{ time: '2026-01-01T00:00:01.000000Z', node: 'a', level: 'info', event: 'listening', fields: {} }];
    })(),
} as unknown as RunningNetwork;

it('has every other part when one of its files cannot be written', async () => {
  mkdirSync(join(folder, 'recording.jsonl'));
  const { files, missing } = await dump(network, { folder, journal: '{}\n' });
  expect(missing).toEqual([
    { file: 'status.json', why: 'not known' },
    { file: 'graph-actual.svg', why: 'the status of the nodes is not known' },
    { file: 'recording.jsonl', why: 'it is a folder' },
  ]);
  expect(files).toEqual(expect.arrayContaining(['log.jsonl', join('logs', 'a.jsonl'), 'journal.jsonl']));
  expect(readFileSync(join(folder, 'log.jsonl'), 'utf8')).toContain('listening');
});
