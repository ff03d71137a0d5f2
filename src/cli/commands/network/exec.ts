import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { execInContainer } from '../../../engine/exec.ts';
import { findNode } from '../../../network/send-message.ts';
import { selectNodes } from '../../input/select-network.ts';

export async function run(target: string, command: string[], options: { name?: string }): Promise<void> {
  const engine = await connectEngine();
  const { name, words } = selectNodes([target], options.name);
  const network = await findDevnet(engine, name);
  const { containerId } = findNode(network.name, network.nodes, words[0] as string);
  process.exitCode = await execInContainer(engine, containerId, command, process);
}
