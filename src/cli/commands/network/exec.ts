import { Command } from 'commander';
import { findNode } from '../../../controller/peers/send-message.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { execInContainer } from '../../../engine/exec.ts';

export const execCommand = (): Command =>
  new Command('exec')
    .summary('run a command in the container of a node')
    .description(
      'Runs a command in the container of a node and exits with its status. The bundled node has `node` and no shell.',
    )
    .argument('<node>', 'name of the node')
    .argument('<command...>', 'the command, after a --')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .addHelpText('after', '\nExample:\n  devnet exec n1 -- node -p "os.networkInterfaces()"')
    .action(run);

async function run(node: string, command: string[], options: { name?: string }): Promise<void> {
  const engine = await connectEngine();
  const { containerId } = findNode(await findDevnet(engine, options.name), node);
  process.exitCode = await execInContainer(engine, containerId, command, process);
}
