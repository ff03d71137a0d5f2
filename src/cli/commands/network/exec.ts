import type { ExecTerminal } from '../../../engine/exec.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
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
  const { name, words } = selectNodes([target], options.name);
  const network = await attachNetwork(name);
  const restoreTerminal = interactive && tty ? enterRawMode() : () => {};
  try {
    process.exitCode = await network.exec(words[0] as string, command, {
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
