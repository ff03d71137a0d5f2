import { writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { loadTopology } from '../../devnet/load.ts';
import { DevnetError } from '../../errors.ts';
import { composeText } from '../../export/compose.ts';
import { kubernetesText } from '../../export/kubernetes.ts';
import { packageRoot } from '../../package-root.ts';
import { defaultTopology } from '../default-topology.ts';
import { count, paint } from '../format.ts';

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
  const file = named ?? defaultTopology();
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
      ? kubernetesText(topology, common)
      : composeText(topology, { ...common, context: relative(resolve(folder), packageRoot) || '.' });
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
    `${paint('green', '✔', process.stderr)} ${output}: ${topology.name}, ${count(topology.nodes.length, 'node')}, ${count(topology.links.length, 'link')}\n`,
  );
}
