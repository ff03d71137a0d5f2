import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';

const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const page = read('docs', 'testing.md');
const blocks = [...page.matchAll(/^```[jt]s\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);
interface Step {
  if?: string;
  run?: string;
  uses?: string;
  with?: Record<string, unknown>;
}

const suites = ['vitest', 'node-test', 'mocha'].flatMap((suite) =>
  readdirSync(join(root, 'examples', suite))
    .filter((file) => /\.[jt]s$/.test(file))
    .map((file) => read('examples', suite, file)),
);

describe('docs/testing.md', () => {
  it('has examples', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(5);
  });

  it.each(blocks)('shows only what the suites under examples/ run: %#', (block) => {
    expect(suites.some((suite) => suite.includes(block))).toBe(true);
  });

  it('links to files that exist', () => {
    for (const [, target] of page.matchAll(/\]\((?!#)([^)#]+)/g)) {
      const path = join('docs', target as string);
      expect(() => readdirSync(join(root, path, '..')), path).not.toThrow();
      expect(readdirSync(join(root, path, '..'))).toContain(path.split('/').at(-1));
    }
  });
});

describe('examples/ci.yml', () => {
  it('runs only commands that the suites and the package have', () => {
    const { jobs } = parse(read('examples', 'ci.yml')) as { jobs: { test: { steps: Step[] } } };
    const commands = jobs.test.steps.flatMap(({ run }) => run ?? []);
    const allow = 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0';
    expect(commands).toEqual(['npm ci', allow, 'npm test', 'npx devnet ls', 'npx devnet down --all']);
    for (const suite of ['vitest', 'node-test', 'mocha']) {
      expect(JSON.parse(read('examples', suite, 'package.json'))).toHaveProperty('scripts.test');
    }
  });

  it('uploads the artifacts on failure, though their folder is hidden', () => {
    const { jobs } = parse(read('examples', 'ci.yml')) as { jobs: { test: { steps: Step[] } } };
    const upload = jobs.test.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload).toMatchObject({ if: 'failure()', with: { path: '.devnet/', 'include-hidden-files': true } });
  });
});
