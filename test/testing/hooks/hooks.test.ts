import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { mochaHooks } from '../../../src/testing/hooks/mocha.ts';
import { root } from '../../support/paths.ts';
import { spawnSync } from '../../support/run-sync.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-hooks-'));
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
afterAll(() => rmSync(folder, { recursive: true }));

const dist = (file: string) => JSON.stringify(pathToFileURL(join(root, 'dist', file)).href);

/** Tests that fail in every way that leaves artifacts, in the words that vitest and node:test share. */
const SUITE = `
  const up = (name, options) => Devnet.up({ ...shapes.line(2), name }, { engine: 'process', ...options });
  const never = (net) => net.waitFor(() => false, { timeout: 60_000 });
  test('passes', async ({ signal }) => {
    const net = await up('passes', { signal });
    await net.down();
  });
  test('times out', { timeout: 1_500 }, async () => {
    await never(await up('left'));
  });
  test('times out, and its signal aborts', { timeout: 1_500 }, async ({ signal }) => {
    const net = await up('signal', { signal });
    await never(net).finally(() => net.down());
  });
  describe('each', () => {
    let net;
    beforeEach(async () => { net = await up('each'); });
    afterEach(() => net.down());
    test('fails', () => { throw new Error('oh'); });
    test('is fine', () => {});
  });
  describe('shared', () => {
    let net;
    beforeAll(async () => { net = await up('shared'); });
    afterAll(() => net.down());
    test('fails in a wait', () => net.waitFor(() => false, { timeout: 10 }));
  });`;

/** Runs a program to its end in a folder of its own. @returns its output, and the journal of each dump, by name of the network */
function run(name: string, files: Record<string, string>, command: (cwd: string) => string[]) {
  const cwd = mkdtempSync(join(folder, `${name}-`));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(cwd, file), text);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, VITEST: undefined, NODE_OPTIONS: undefined };
  const { stdout, stderr } = spawnSync(process.execPath, command(cwd), { cwd, encoding: 'utf8', env });
  const artifacts = join(cwd, '.devnet');
  const dumps = (existsSync(artifacts) ? readdirSync(artifacts) : []).flatMap((network) =>
    readdirSync(join(artifacts, network)).map((dump) => {
      const lines = readFileSync(join(artifacts, network, dump, 'journal.jsonl'), 'utf8')
        .trimEnd()
        .split('\n');
      const failed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'failed');
      return [network.replace(/-\w+$/, ''), failed.at(-1).message.split('\n')[0]] as const;
    }),
  );
  return { output: stripVTControlCharacters(`${stdout}${stderr}`), dumps };
}

function expectArtifacts({ output, dumps }: ReturnType<typeof run>, timeout: RegExp, abort: RegExp): void {
  expect(dumps.map(([network]) => network).sort(), output).toEqual(['each', 'left', 'shared', 'signal']);
  const messages = Object.fromEntries(dumps);
  expect(messages.each).toBe('oh');
  expect(messages.left).toMatch(timeout);
  expect(messages.signal).toMatch(abort);
  expect(messages.shared).toMatch(/^timed out after 0\.01 s waiting for/);
  expect(output).toMatch(/devnet: ".*times out" failed\n\W* artifacts: \.devnet\/left-\w+\/dump-/);
  expect(output).toMatch(/devnet: "signal-\w+" was up when its signal aborted: .*\n\W* artifacts: \.devnet\/signal-/);
  expect(output).toMatch(/devnet: ".*fails" failed\n\W* artifacts: \.devnet\/each-\w+\/dump-/);
  expect(output).toMatch(/devnet: a test left "left-\w+" up; it is taken down/);
}

describe('with the hooks, a network that is up when a test fails leaves artifacts', () => {
  it('in node:test', () => {
    const suite = `
      import ${dist('node-test.js')};
      import { Devnet, shapes } from ${dist('index.js')};
      import { after as afterAll, afterEach, before as beforeAll, beforeEach, describe, test } from 'node:test';
      ${SUITE}`;
    const result = run('node-test', { 'a.test.mjs': suite }, () => ['--test', 'a.test.mjs']);
    expectArtifacts(result, /^test timed out after 1500ms$/, /aborted/);
  });

  it('in vitest', () => {
    const suite = `
      import { Devnet, shapes } from ${dist('index.js')};
      import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
      ${SUITE}`;
    const config = `export default { test: { setupFiles: [${JSON.stringify(join(root, 'dist', 'vitest.js'))}] } };`;
    const cli = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const files = { 'a.test.mjs': suite, 'vitest.config.mjs': config };
    const result = run('vitest', files, (cwd) => [cli, 'run', '--root', cwd]);
    expectArtifacts(result, /^Test timed out in 1500ms\.$/, /^Test timed out in 1500ms\.$/);
    expect(result.output).toContain('devnet: "each > fails" failed');
  });

  it('in mocha, by root hooks that take as long as they need', async () => {
    const timeouts: number[] = [];
    const context = {
      currentTest: { state: 'passed', fullTitle: () => 'a b' },
      timeout: (milliseconds: number) => timeouts.push(milliseconds),
    };
    mochaHooks.beforeEach.call(context);
    await mochaHooks.afterEach.call(context);
    await mochaHooks.afterAll.call(context);
    expect(timeouts).toEqual([0, 0]);
  });
});
