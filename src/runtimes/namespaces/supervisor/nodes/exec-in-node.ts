import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ExecStreams } from '../../../../engine/exec.ts';
import { exitCodeOf, type NodeProcess } from './node-process.ts';

/** Runs a command in a node's namespaces, connected to `streams`. @returns its exit code */
export async function execInNode(
  node: NodeProcess,
  command: readonly string[],
  { stdin, stdout, stderr, terminal }: ExecStreams,
): Promise<number> {
  const size = terminal?.size();
  const child = terminal ? node.exec(terminalCommand(command, size), { TERM: 'xterm' }) : node.exec(command);
  const input = child.stdin as Writable;
  // A command that ends does not read the rest of its input.
  input.on('error', () => {});
  if (stdin) stdin.pipe(input);
  else input.end();
  const ended = exitCodeOf(child);
  await Promise.all([forward(child.stdout as Readable, stdout), forward(child.stderr as Readable, stderr)]);
  return ended;
}

/** Returns a command that runs another one in a terminal of its own: `script` of util-linux has one to give. */
function terminalCommand(command: readonly string[], size: { columns: number; rows: number } | undefined): string[] {
  const resize = size ? `stty columns ${size.columns} rows ${size.rows}; ` : '';
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '--quiet', '--flush', '--return', '--command', `${resize}exec ${quoted}`, '/dev/null'];
}

async function forward(from: Readable, to: Writable): Promise<void> {
  from.pipe(to, { end: false });
  await finished(from, { writable: false });
}
