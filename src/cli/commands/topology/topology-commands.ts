import { Argument, Option } from 'commander';
import { DevnetCommand } from '../../input/devnet-command.ts';
import { GRAPH_FORMATS } from '../../input/graph-format.ts';

/** The commands that read topologies without starting them. */
export const topologyCommands = (): DevnetCommand[] => [
  new DevnetCommand('validate')
    .summary('check topology files, without an engine')
    .description('Reads each file and reports every mistake in it at once. Exit status 2 when there is one.')
    .argument('[file...]', 'topology files, - for standard input (default: as for up)')
    .option('--json', 'per file the topology as devnet understands it, or its mistakes, as JSON')
    .examples(['validate devnet/*.yaml'], ['validate - < ring.yaml'])
    .runs(async () => (await import('./validate.ts')).run),

  new DevnetCommand('graph')
    .summary('draw a topology, or a running network with its drift')
    .description(
      'Draws who dials whom, from a topology file or from a running network. The same graph gives the same picture. ' +
        'With --actual the nodes are asked, drift is drawn in colour, and the exit status is 1 when there is any.',
    )
    .argument(
      '[file-or-network]',
      'topology file, - for standard input, or name of a network (default: the only one running, else the file that up takes)',
    )
    .option('--name <network>', 'name of a network')
    .option('--actual', 'ask the running network, and show how it differs from the declared graph')
    .addOption(new Option('--format <format>', "(default: by the output's extension, else svg)").choices(GRAPH_FORMATS))
    .option('--json', 'the same as --format json')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .examples(['graph devnet/ring.yaml -o ring.svg'], ['graph ring --actual -o drift.png'], ['graph --format mermaid'])
    .runs(async () => (await import('./graph.ts')).run),

  new DevnetCommand('export')
    .summary('write a topology as a Compose file or Kubernetes manifests')
    .description(
      'Writes files that start a topology without devnet: its nodes, and a container or job that sends them their peers and ' +
        'ends. The same topology always gives the same text.',
    )
    .addArgument(new Argument('<format>', 'what to write').choices(['compose', 'k8s']))
    .argument('[file]', 'topology file, - for standard input (default: as for up)')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--image <image>', 'image of the bundled node (default: devnet-node, which Compose builds)')
    .option('--links-image <image>', 'k8s: image of the agent that applies link conditions (default: devnet-links)')
    .examples(
      ['export compose -o compose.yaml && docker compose up'],
      ['export k8s devnet/ring.yaml --image registry.example/devnet-node:1 | kubectl apply --server-side -f -'],
    )
    .runs(async () => (await import('./export.ts')).run),
];
