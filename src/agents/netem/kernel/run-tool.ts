import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NetemError } from '../shared/netem-error.ts';

/** nft, or one of iproute2. */
export type Tool = 'nft' | 'tc' | 'ip' | 'bridge';

/** Runs one of the tools; `input` is its standard input. @returns its standard output @throws LinksError in its own words */
export type RunTool = (tool: Tool, args: readonly string[], input?: string) => Promise<string>;

/** What to start a tool by. */
export const toolPath = (folder: string | undefined, tool: Tool): string =>
  folder === undefined ? tool : join(folder, tool);

/** `folder`: where the tools are; absent: on the PATH. */
export function createToolRunner(folder?: string): RunTool {
  return async (tool, args, input = '') => {
    const { status, stdout, stderr } = await spawnTool(toolPath(folder, tool), args, input);
    if (status === 0) return stdout;
    const said = stderr.trim() || stdout.trim() || 'nothing';
    throw new NetemError(`${tool} ${args.join(' ')} ended with ${status}: ${said.slice(0, 2_000)}`);
  };
}

interface ToolResult {
  status: number | string;
  stdout: string;
  stderr: string;
}

function spawnTool(path: string, args: readonly string[], input: string): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (cause) => reject(new NetemError(`cannot run ${path}: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => {
      const status = code ?? signal ?? 'no status';
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    // A tool that refuses before it has read everything says why on stderr; its closed input is no news.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
