import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { connectEngine } from '../../src/engine/engine.ts';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';
import { root } from './paths.ts';

/** Once before the engine tests: the programs are built, an engine answers, and the node's image is on it. */
export default async function setup(): Promise<void> {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'inherit' });
  await ensureNodeImage(await connectEngine());
}
