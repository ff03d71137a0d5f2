import { connectEngine } from '../../src/engine/connection/engine.ts';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';
import build from './build.ts';

/** Builds the programs, connects to an engine and makes sure that it has the node image, once before the engine tests. */
export default async function setup(): Promise<void> {
  build();
  await ensureNodeImage(await connectEngine());
}
