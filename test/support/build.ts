import { join } from 'node:path';
import { root } from './paths.ts';
import { execFileSync } from './run-sync.ts';

/** Builds the programs, once before the tests of a project that start them. */
export default function build(): void {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.js'), '--if-changed'], { stdio: 'inherit' });
}
