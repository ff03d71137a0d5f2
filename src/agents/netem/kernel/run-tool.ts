import { type ExecFileException, execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NetemError } from '../shared/reporting.ts';

/** nft, or one of iproute2. */
export type Tool = 'nft' | 'tc' | 'ip' | 'bridge';

/** Runs a tool with `input` as its standard input; resolves to its standard output. @throws NetemError when it fails */
export type RunTool = (tool: Tool, args: readonly string[], input?: string) => Promise<string>;

const execute = promisify(execFile);

/** Returns the command that starts a tool. */
export const toolPath = (folder: string | undefined, tool: Tool): string =>
  folder === undefined ? tool : join(folder, tool);

/** @param folder where the tools are; undefined for those on the PATH */
export function createToolRunner(folder?: string): RunTool {
  return async (tool, args, input = '') => {
    const path = toolPath(folder, tool);
    const running = execute(path, args, { maxBuffer: Number.POSITIVE_INFINITY });
    // A tool that fails before it has read its input says why on stderr.
    running.child.stdin?.on('error', () => {}).end(input);
    try {
      return (await running).stdout;
    } catch (cause) {
      const { code, signal, stdout = '', stderr = '', message } = cause as ExecFileException;
      if (typeof code === 'string') throw new NetemError(`cannot run ${path}: ${message}`, { cause });
      const output = stderr.trim() || stdout.trim() || 'no output';
      throw new NetemError(`${tool} ${args.join(' ')} failed with ${code ?? signal}: ${output.slice(0, 2_000)}`);
    }
  };
}
