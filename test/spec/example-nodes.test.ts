import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runSuite, type SuiteResult } from '../../src/spec/runner/run-suite.ts';
import { root } from '../support/paths.ts';
import { spawnSync } from '../support/run-sync.ts';
import { type Program, startProgram } from './start-program.ts';

const examples = join(root, 'examples');
const has = (command: string) => spawnSync(command, [command === 'socat' ? '-V' : '--version']).error === undefined;

let program: Program | undefined;
afterEach(() => program?.stop());

async function testExample(command: string, file: string): Promise<SuiteResult> {
  program = await startProgram(command, [join(examples, file)]);
  return runSuite({ host: '127.0.0.1', port: program.port }, { selectors: ['1', '2', '4'] });
}

/** Expects failures only for what the node lacks, one for each missing message type. */
function expectOnlyMissingTypes(result: SuiteResult, others: readonly string[] = []): void {
  const failures = result.results.filter(({ verdict }) => verdict === 'FAIL');
  expect(failures.map(({ number, lacks }) => [number, lacks])).toEqual([
    ...others.map((number) => [number, undefined]),
    ['4.1', 'echo'],
    ['4.2', 'ping'],
    ['4.13', 'remove_peer'],
  ]);
  const skipped = result.results.filter(({ verdict }) => verdict === 'SKIPPED');
  expect(skipped.map(({ number, reason }) => [number, reason])).toEqual([
    ['2.1', 'needs ping, which this node does not support: case 4.2 shows what was sent and what came back'],
    ['2.2', 'needs echo, which this node does not support: case 4.1 shows what was sent and what came back'],
    ['4.14', 'needs remove_peer, which this node does not support: case 4.13 shows what was sent and what came back'],
  ]);
  const loose = result.results.filter(({ verdict, number }) => verdict === 'NON-STRICT' && number.startsWith('1.'));
  expect(loose.map(({ number, got }) => [number, got])).toEqual(
    ['1.7', '1.8', '1.13'].map((number) => [number, '1: it serves one message a connection']),
  );
}

describe.skipIf(!has('python3'))('nodes in Python', () => {
  test('the node in 40 lines of docs/nodes.md breaks no rule of sections 1 to 3', { timeout: 60_000 }, async () => {
    const page = readFileSync(join(root, 'docs', 'nodes.md'), 'utf8');
    const [, code = ''] = /<!-- node -->\n```python\n(.*?)```/s.exec(page) ?? [];
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(40);
    const file = join(mkdtempSync(join(tmpdir(), 'devnet-node-')), 'node.py');
    writeFileSync(file, code);
    program = await startProgram('python3', [file]);
    const { results } = await runSuite({ host: '127.0.0.1', port: program.port }, { selectors: ['1', '2', '3'] });
    expect(results.filter(({ verdict }) => verdict === 'FAIL')).toEqual([]);
    expect(results.filter(({ verdict }) => verdict === 'OK').length).toBeGreaterThanOrEqual(15);
  });

  test('the complete node keeps every rule', { timeout: 120_000 }, async () => {
    program = await startProgram('python3', [join(examples, 'complete-node/node.py')]);
    const { results } = await runSuite({ host: '127.0.0.1', port: program.port }, {});
    const others = results.filter(({ verdict }) => verdict !== 'OK');
    expect(others.map(({ number, verdict }) => [number, verdict])).toEqual([['6.14', 'SKIPPED']]);
  });
});

describe('example nodes, which serve one message a connection', () => {
  test.skipIf(!has('python3'))('in Python', { timeout: 60_000 }, async () => {
    expectOnlyMissingTypes(await testExample('python3', 'python-node/node.py'));
  });

  const relay = has('socat') || has('ncat');
  if (!relay) console.warn('SKIPPED: the node in bash needs socat or ncat (Debian: apt-get install socat)');
  test.skipIf(!relay)('in bash', { timeout: 90_000 }, async () => {
    // ncat treats a half-close as the end of the connection, and drops the reply.
    expectOnlyMissingTypes(await testExample('bash', 'shell-node/node.sh'), has('socat') ? [] : ['1.5']);
  });

  test.each(['python-node/node.py', 'shell-node/node.sh'])('%s stays small', (file) => {
    expect(readFileSync(join(examples, file), 'utf8').split('\n').length).toBeLessThan(65);
  });
});
