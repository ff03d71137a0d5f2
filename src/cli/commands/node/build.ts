import { basename, resolve } from 'node:path';
import { connectEngine } from '../../../engine/connection/engine.ts';
import { buildFolder, type UsedBase } from '../../../engine/images/build-folder.ts';
import { assertImageReference } from '../../../shared/image-reference.ts';
import { toValidName } from '../../../topology/document/diagnostic-text.ts';
import { formatCommand } from '../../input/npm-run.ts';
import { formatSeconds, paint } from '../../output/format.ts';

interface BuildOptions {
  tag?: string;
  with?: string[];
  json?: true;
}

export async function run(folder: string, options: BuildOptions): Promise<void> {
  const began = performance.now();
  const tag = options.tag ?? (toValidName(basename(resolve(folder))) || 'node');
  assertImageReference(tag, '--tag');
  const bases = await buildFolder(await connectEngine(), folder, { tag, programs: options.with ?? [] });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ image: tag, bases })}\n`);
    return;
  }
  const lines = [
    `${paint('green', '✔')} ${tag} built from ${folder} in ${formatSeconds(performance.now() - began)}`,
    ...bases.map((base) => `  base: ${formatBase(base)}`),
    `  in a topology: image: ${tag}`,
    `  check it:      ${formatCommand(`devnet spec --image ${tag}`)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function formatBase({ reference, origin, programs }: UsedBase): string {
  switch (origin) {
    case 'local':
      return reference;
    case 'pulled':
      return `${reference}, pulled now`;
    case 'assembled':
      return `assembled from this machine's ${programs}, since no registry has ${reference} for us`;
  }
}
