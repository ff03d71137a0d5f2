// Bundles this package's programs: the CLI, the library, and those that run inside images.
// `--types` also writes the library's declarations.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const common = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

// Chunks and declarations of earlier builds would get into the package.
if (process.argv.includes('--types')) {
  for (const folder of ['chunks', 'types']) rmSync(join(root, 'dist', folder), { recursive: true, force: true });
}

await Promise.all([
  build({
    ...common,
    entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
    outdir: 'dist',
    format: 'esm',
    packages: 'external',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
  }),
  // The image holds these files, so they must carry everything they need, and their bytes name the image's tag: no source
  // map and no path of the machine that built it may get into it. Only the guard runs beside the controller.
  build({
    ...common,
    entryPoints: {
      node: 'src/node/main.ts',
      tunnel: 'src/agents/tunnel/main.ts',
      netem: 'src/agents/netem/main.ts',
      probe: 'src/agents/probe/main.ts',
      reaper: 'src/agents/reaper/main.ts',
      'orphan-guard': 'src/agents/reaper/orphan-guard.ts',
      spec: 'src/spec/main.ts',
    },
    outdir: 'dist',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  }),
]);

if (process.argv.includes('--types')) {
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
