import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', 'src');

/** What each part may import of the others: dependencies point one way. Parts of one file are named by it. */
const ALLOWED: Record<string, readonly string[]> = {
  'errors.ts': [],
  'log.ts': [],
  'xml.ts': [],
  'html.ts': ['xml.ts'],
  'package-root.ts': [],
  'after-reading.ts': [],
  protocol: [],
  topology: [],
  relay: [],
  probe: ['after-reading.ts'],
  reaper: [],
  guard: [],
  node: ['protocol', 'after-reading.ts'],
  engine: ['errors.ts', 'package-root.ts'],
  spec: ['errors.ts', 'xml.ts', 'html.ts', 'after-reading.ts'],
  links: ['protocol', 'topology'],
  scenario: ['protocol', 'topology', 'errors.ts', 'xml.ts'],
  devnet: [
    'protocol',
    'relay',
    'probe',
    'links',
    'scenario',
    'topology',
    'engine',
    'errors.ts',
    'package-root.ts',
    'after-reading.ts',
  ],
  picture: ['topology', 'errors.ts', 'xml.ts'],
  'job-summary': ['picture'],
  library: ['protocol', 'topology', 'scenario', 'node', 'engine', 'devnet', 'dump', 'job-summary', 'errors.ts'],
  experiment: ['protocol', 'topology', 'devnet', 'engine', 'scenario', 'picture', 'errors.ts', 'xml.ts', 'html.ts'],
  dump: ['topology', 'devnet', 'engine', 'picture', 'errors.ts', 'package-root.ts'],
  export: ['topology', 'devnet', 'engine', 'errors.ts'],
  cli: [
    'protocol',
    'topology',
    'engine',
    'devnet',
    'scenario',
    'spec',
    'picture',
    'dump',
    'job-summary',
    'library',
    'experiment',
    'export',
    'errors.ts',
    'log.ts',
    'package-root.ts',
  ],
  'index.ts': ['protocol', 'topology', 'node', 'engine', 'devnet', 'library', 'errors.ts'],
};

/** Packages that only these parts may use. */
const OWNED: Record<string, readonly string[]> = {
  dockerode: ['engine'],
  'tar-stream': ['engine'],
  yaml: ['topology', 'scenario', 'export'],
  zod: ['topology', 'scenario', 'library', 'experiment'],
  'pure-rand': ['topology', 'scenario'],
  winston: ['log.ts'],
  'winston-transport': ['log.ts'],
  commander: ['cli'],
  listr2: ['cli'],
  'd3-force': ['picture'],
  '@resvg/resvg-js': ['picture'],
};

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const partOf = (file: string): string => file.split('/')[0] as string;

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^\s*(?:import|export)\b[^'";]*?from '([^']+)'|^import '([^']+)'/gm)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
}

describe('the parts of src', () => {
  it('finds files and imports to judge', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(importsOf('engine/networks.ts')).toContain('./failure.ts');
  });

  it.each(files)('%s imports only what its part may', (file) => {
    const part = partOf(file);
    expect(ALLOWED, `src/${part} is no part of the design: name it in this test`).toHaveProperty([part]);
    for (const imported of importsOf(file)) {
      if (imported.startsWith('.')) {
        const target = partOf(relative(root, join(root, dirname(file), imported)));
        if (target !== part) expect(ALLOWED[part], `${file} imports ${imported}`).toContain(target);
      } else if (imported in OWNED) {
        expect(OWNED[imported], `${file} imports ${imported}`).toContain(part);
      }
    }
  });

  // But for commands, and programs, each of which has a main.ts.
  it.each(files.filter((file) => !file.startsWith('cli/') && !/^\w+\/main\.ts$/.test(file)))(
    '%s does not end the process',
    (file) => {
      expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/process\.exit\(|process\.argv/);
    },
  );
});
