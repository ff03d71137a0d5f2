import type { Engine } from '../connection/engine.ts';
import { ensureBaseImage } from './base-image.ts';
import { bundledImage, type ContextFile, ensureBundledImage, readPackageFile } from './bundled-image.ts';
import { collectHostTools } from './host-tools.ts';

/** Programs that the capture agent runs, and Debian's packages of them. */
const CAPTURE_TOOLS = new Map([
  ['tcpdump', 'tcpdump'],
  ['ip', 'iproute2'],
  ['nsenter', 'util-linux'],
]);

/** tcpdump looks up its user, which an assembled base does not have. */
const USERS: ContextFile[] = [
  { name: 'tools/etc/passwd', bytes: Buffer.from('root:x:0:0:root:/:/\n') },
  { name: 'tools/etc/group', bytes: Buffer.from('root:x:0:\n') },
];

/**
 * Returns the capture agent's image, built when the engine does not have it. On the official base its tools are installed; on
 * an assembled one, this machine's own are copied.
 * @throws DevnetError `image_missing`, `image_failed`, `disk_full`
 */
export async function ensureCaptureImage(engine: Engine): Promise<string> {
  const base = await ensureBaseImage(engine);
  const image = bundledImage('capture', base, [
    await readPackageFile(`docker/capture/Dockerfile${base.assembled ? '.assembled' : ''}`, 'Dockerfile'),
    await readPackageFile('dist/capture.cjs', 'capture.cjs'),
    ...(base.assembled ? [...(await collectHostTools('captures of packets need', CAPTURE_TOOLS)), ...USERS] : []),
  ]);
  await ensureBundledImage(engine, image);
  return image.reference;
}
