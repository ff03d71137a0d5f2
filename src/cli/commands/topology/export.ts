import { dirname, relative, resolve } from 'node:path';
import { formatComposeFile } from '../../../export/compose.ts';
import { formatKubernetesManifests } from '../../../export/kubernetes.ts';
import { packageRoot } from '../../../shared/files/package-root.ts';
import { writeOutputFile } from '../../../shared/files/text-file.ts';
import { assertImageReference } from '../../../shared/image-reference.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { formatGraphSize, paint } from '../../output/format.ts';

interface Options {
  output?: string;
  image?: string;
  linksImage?: string;
}

export async function run(format: 'compose' | 'k8s', named: string | undefined, options: Options): Promise<void> {
  const { output, image, linksImage } = options;
  if (image !== undefined) assertImageReference(image, '--image');
  if (linksImage !== undefined) assertImageReference(linksImage, '--links-image');
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file);
  const command = [
    `devnet export ${format} ${file}`,
    ...(image === undefined ? [] : [`--image ${image}`]),
    ...(linksImage === undefined ? [] : [`--links-image ${linksImage}`]),
    ...(output === undefined ? [] : [`-o ${output}`]),
  ].join(' ');
  const common = { command, ...(image === undefined ? {} : { image }) };
  const folder = output === undefined ? '.' : dirname(output);
  const text =
    format === 'k8s'
      ? formatKubernetesManifests(topology, { ...common, ...(linksImage === undefined ? {} : { linksImage }) })
      : formatComposeFile(topology, { ...common, context: relative(resolve(folder), packageRoot) || '.' });
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  writeOutputFile(output, text);
  process.stderr.write(
    `${paint('green', '✔', process.stderr)} ${output}: ${topology.name}, ${formatGraphSize(topology)}\n`,
  );
}
