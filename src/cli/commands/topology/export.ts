import { writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { formatComposeFile } from '../../../export/compose.ts';
import { formatKubernetesManifests } from '../../../export/kubernetes.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { packageRoot } from '../../../shared/package-root.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { paint, pluralize } from '../../output/format.ts';

interface Options {
  output?: string;
  image?: string;
}

export const exportCommand = (): Command =>
  new Command('export')
    .summary('write a topology as a Compose file or Kubernetes manifests')
    .description(
      'Writes what brings a topology up without devnet: its nodes, and a container or job that tells them of their peers\n' +
        'and ends. The same topology always gives the same text.',
    )
    .addArgument(new Argument('<format>', 'what to write').choices(['compose', 'k8s']))
    .argument('[file]', 'topology file (default: as for up)')
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .option('--image <image>', 'image of the bundled node (default: devnet-node, which Compose builds)')
    .addHelpText(
      'after',
      `
Examples:
  devnet export compose -o compose.yaml && docker compose up
  devnet export k8s devnet/ring.yaml --image registry.example/devnet-node:1 | kubectl apply --server-side -f -`,
    )
    .action(run);

async function run(format: 'compose' | 'k8s', named: string | undefined, options: Options): Promise<void> {
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file);
  const { output, image } = options;
  const command = [
    `devnet export ${format} ${file}`,
    ...(image === undefined ? [] : [`--image ${image}`]),
    ...(output === undefined ? [] : [`-o ${output}`]),
  ].join(' ');
  const common = { command, ...(image === undefined ? {} : { image }) };
  const folder = output === undefined ? '.' : dirname(output);
  const text =
    format === 'k8s'
      ? formatKubernetesManifests(topology, common)
      : formatComposeFile(topology, { ...common, context: relative(resolve(folder), packageRoot) || '.' });
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(output, text);
  } catch (cause) {
    throw new DevnetError('usage', `cannot write ${output}: ${(cause as Error).message}`, { cause });
  }
  process.stderr.write(
    `${paint('green', '✔', process.stderr)} ${output}: ${topology.name}, ${pluralize(topology.nodes.length, 'node')}, ${pluralize(topology.links.length, 'link')}\n`,
  );
}
