import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { type ExecTerminal, execInContainer } from '../../../engine/exec.ts';
import { findNode } from '../../../network/send-message.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { enterRawMode } from '../../input/raw-terminal.ts';
import { selectNodes } from '../../input/select-network.ts';

interface Options {
  name?: string;
  interactive?: true;
  tty?: true;
}

export async function run(target: string, command: string[], options: Options): Promise<void> {
  const { interactive, tty } = options;
  const { stdin, stdout, stderr } = process;
  if (interactive && tty && !stdin.isTTY) {
    throw new DevnetError('usage', 'standard input is not a terminal, so the command cannot have it as one', {
      hint: 'leave out -t: -i alone passes standard input as it is',
    });
  }
  const engine = await connectEngine();
  const { name, words } = selectNodes([target], options.name);
  const network = await findDevnet(engine, name);
  const { containerId } = findNode(network.name, network.nodes, words[0] as string);
  const restoreTerminal = interactive && tty ? enterRawMode() : () => {};
  try {
    process.exitCode = await execInContainer(engine, containerId, command, {
      stdout,
      stderr,
      ...(interactive ? { stdin } : {}),
      ...(tty ? { terminal: standardTerminal(stdout) } : {}),
    });
  } finally {
    restoreTerminal();
  }
}

function standardTerminal(stdout: NodeJS.WriteStream): ExecTerminal {
  return {
    size() {
      const { columns, rows } = stdout;
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    onResize(listener) {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
  };
}
