import { type ExecFileException, execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NetemError } from '../shared/reporting.ts';

/** nft, or one of iproute2. */
export type Tool = 'nft' | 'tc' | 'ip' | 'bridge';

/** Time for a tool. The rules of the largest networks take it seconds. */
const TOOL_TIMEOUT_MS = 60_000;

/**
 * Runs a tool with `input` as its standard input; resolves to its standard output.
 * @throws NetemError when it fails; any other Error when it does not end in time, which says nothing about the kernel
 */
export type RunTool = (tool: Tool, args: readonly string[], input?: string) => Promise<string>;

const execute = promisify(execFile);

/** Returns the command that starts a tool. */
export const toolPath = (folder: string | undefined, tool: Tool): string =>
  folder === undefined ? tool : join(folder, tool);

/**
 * @param folder where the tools are; undefined for those on the PATH
 * @param timeoutMs time after which a tool is killed
 */
export function createToolRunner(folder?: string, timeoutMs = TOOL_TIMEOUT_MS): RunTool {
  return async (tool, args, input = '') => {
    const path = toolPath(folder, tool);
    // Unlike the option `timeout`, a signal does not wait for a tool that hangs in the kernel, where nothing kills it.
    const signal = AbortSignal.timeout(timeoutMs);
    const running = execute(path, args, { maxBuffer: Number.POSITIVE_INFINITY, signal, killSignal: 'SIGKILL' });
    // A tool that fails before it has read its input says why on stderr.
    running.child.stdin?.on('error', () => {}).end(input);
    try {
      return (await running).stdout;
    } catch (cause) {
      if (signal.aborted) throw new Error(`${tool} ${args.join(' ')} did not end within ${timeoutMs / 1_000} s`);
      const { code, signal: killedBy, stdout = '', stderr = '', message } = cause as ExecFileException;
      if (typeof code === 'string') throw new NetemError(`cannot run ${path}: ${message}`, { cause });
      const output = stderr.trim() || stdout.trim() || 'no output';
      throw new NetemError(`${tool} ${args.join(' ')} failed with ${code ?? killedBy}: ${output.slice(0, 2_000)}`);
    }
  };
}
