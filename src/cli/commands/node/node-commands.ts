import { DevnetCommand } from '../../input/devnet-command.ts';
import { specCommand } from '../spec/spec-command.ts';

/** The commands for those who write a node. */
export const nodeCommands = (): DevnetCommand[] => [
  specCommand(),

  new DevnetCommand('build')
    .summary('make an image of a node of your own, with or without a registry')
    .description(
      'Builds the image of a folder with a Dockerfile, as docker build does. Where a base that the Dockerfile names is neither ' +
        "on the engine nor to be had from a registry, one is assembled from this machine's own programs: node, python3, a shell.",
    )
    .argument('<folder>', 'folder with a Dockerfile')
    .option('-t, --tag <image>', "name of the image (default: the folder's name)")
    .option('--with <program...>', 'further programs of this machine for a base that is assembled')
    .option('--json', 'the image and its bases, as JSON')
    .examples(
      ['build examples/python-node', 'makes the image python-node'],
      ['build . -t my-node && devnet spec --image my-node'],
      ['build examples/shell-node --with socat', 'an assembled base with a shell and socat'],
    )
    .runs(async () => (await import('./build.ts')).run),
];
