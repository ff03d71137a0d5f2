// Bundles this package's programs: the CLI, the library with its hooks for test runners, and those that run inside images.
// `--types` also writes the library's declarations; `--if-changed` does nothing while the bundle is newer than its sources.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(root, 'dist', 'cli.js');
const SOURCES = ['src', 'scripts/build.js', 'package.json'];
const common = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

if (!process.argv.includes('--if-changed') || isOutdated()) {
  const began = new Date();
  try {
    await bundle();
  } catch (cause) {
    rmSync(BUNDLE, { force: true }); // Whatever is there now is not all new.
    throw cause;
  }
  // A source that changed meanwhile is newer than the bundle.
  utimesSync(BUNDLE, began, began);
}
if (process.argv.includes('--types')) writeTypes();

function isOutdated() {
  const built = statSync(BUNDLE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return SOURCES.some((source) => newestChange(join(root, source)) > built);
}

/** Newest modification time in a path. Folders count themselves, since removing a file changes its folder. */
function newestChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

async function bundle() {
  const { build } = await import('esbuild');
  // Chunks and declarations of earlier builds would get into the package. A plain build leaves them: a command that runs in
  // this checkout may still load a chunk of the bundle that it started from.
  if (process.argv.includes('--types')) {
    for (const folder of ['chunks', 'types']) rmSync(join(root, 'dist', folder), { recursive: true, force: true });
  }
  await Promise.all([
    build({
      ...common,
      entryPoints: {
        cli: 'src/cli/main.ts',
        index: 'src/index.ts',
        vitest: 'src/testing/hooks/vitest.ts',
        'node-test': 'src/testing/hooks/node-test.ts',
        mocha: 'src/testing/hooks/mocha.ts',
        'last-dump': 'src/testing/last-dump/main.ts',
        'dashboard/layout-process': 'src/dashboard/server/layout-process.ts',
      },
      outdir: 'dist',
      format: 'esm',
      packages: 'external',
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      // The package has no source maps, and tools warn of a reference to one that is missing.
      sourcemap: !process.argv.includes('--types'),
    }),
    // The image holds these files, so they must carry everything they need, and their bytes name the image's tag: no source
    // map and no path of the machine that built it may get into it. Only the guard and the supervisor run beside the controller.
    build({
      ...common,
      entryPoints: {
        node: 'src/node/main.ts',
        tunnel: 'src/agents/tunnel/main.ts',
        netem: 'src/agents/netem/main.ts',
        probe: 'src/agents/probe/main.ts',
        capture: 'src/agents/capture/main.ts',
        reaper: 'src/agents/reaper/main.ts',
        'host-agent': 'src/agents/host/main.ts',
        'orphan-guard': 'src/agents/reaper/orphan-guard.ts',
        spec: 'src/spec/main.ts',
        supervisor: 'src/runtimes/namespaces/supervisor/main.ts',
      },
      outdir: 'dist',
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      // Read at every start. Names stay, for the stacks in their logs.
      minifyWhitespace: true,
      minifySyntax: true,
    }),
    // The page of the dashboard, which a server or a file holds as a whole.
    build({
      ...common,
      entryPoints: { page: 'src/dashboard/web/main.tsx' },
      outdir: 'dist/dashboard',
      platform: 'browser',
      target: ['chrome111', 'firefox115', 'safari16.4'],
      format: 'iife',
      tsconfig: 'src/dashboard/web/tsconfig.json',
      minify: true,
      legalComments: 'none',
    }),
    build({
      ...common,
      entryPoints: { page: 'src/dashboard/web/styles.css' },
      outdir: 'dist/dashboard',
      minify: true,
      legalComments: 'none',
    }),
  ]);
}

function writeTypes() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('@typescript/native/package.json')), 'bin', 'tsc');
  const options = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--outDir',
    'dist/types',
    '--rootDir',
    'src',
  ];
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], { cwd: root, stdio: 'inherit' });
}
