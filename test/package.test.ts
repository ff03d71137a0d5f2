import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.ts';
import { execFileSync } from './support/run-sync.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
  exports: Record<string, Record<string, string>>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const isBuilt = existsSync(join(root, 'dist', 'types', 'index.d.ts'));

/** Returns the folders that a path is in. */
function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}

describe('the package', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // A list in some versions of npm, a map in others.
  const [packed] = Object.values(JSON.parse(listed)) as [{ files: { path: string }[] }];
  const files = packed.files.map(({ path }) => path);

  it('has what its users need, and nothing else', () => {
    const top = new Set(files.map((path) => path.split('/')[0]).filter((name) => name !== 'dist'));
    expect([...top].sort()).toEqual([
      'CHANGELOG.md',
      'Dockerfile',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'action.yml',
      'compose.yaml',
      'devnet',
      'docker',
      'docs',
      'examples',
      'package.json',
    ]);
    expect(files).toEqual(
      expect.arrayContaining([
        'docker/engine',
        'devnet/default.yaml',
        'devnet/topology.schema.json',
        'docs/topology.md',
      ]),
    );
    expect(files.filter((path) => /^dist\/(bench|.*\.map$)/.test(path))).toEqual([]);
  });

  it('has everything that its documents, topologies and examples refer to', () => {
    const present = new Set(files.flatMap((path) => [path, ...foldersOf(path)]));
    const referring = files.filter((path) => /\.(md|ya?ml)$/.test(path));
    const broken = referring.flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
      const found = text.matchAll(/\]\(([^)\s#]+)[^)]*\)|(?:src|href)="([^"#]+)|\$schema=(\S+)/g);
      return [...found]
        .map(([, link, attribute, schema]) => (link ?? attribute ?? schema)!)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !present.has(normalize(join(dirname(path), target)).replace(/\/$/, '')))
        .map((target) => `${path}: ${target}`);
    });
    expect(referring.length).toBeGreaterThan(30);
    expect(broken).toEqual([]);
  });

  it.skipIf(!isBuilt)('has every file that package.json and the Dockerfile name (else run: npm run prepare)', () => {
    const entries = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap(Object.values)];
    const copied = readFileSync(join(root, 'Dockerfile'), 'utf8').match(/dist\/\S+\.cjs/g)!;
    expect(files).toEqual(expect.arrayContaining([...entries.map((path) => path.replace('./', '')), ...copied]));
  });

  it('pins every dependency', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('names no registry', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lock.match(/"resolved": "(?!file:)[^"]*"|https?:\/\/[^"]*registry[^"]*/g)).toBeNull();
  });
});
