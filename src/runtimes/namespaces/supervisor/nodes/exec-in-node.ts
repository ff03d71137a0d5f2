import { readlinkSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ExecStreams, TerminalSize } from '../../../../engine/exec.ts';
import { exitCodeOf, type NodeProcess } from './node-process.ts';
import { findChild } from './processes.ts';

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
  const stopResizing = terminal?.onResize(() => {
    const device = findTerminal(child.pid);
    const now = terminal.size();
    if (device && now) node.exec(['stty', '--file', device, ...sizeArguments(now)]).on('error', () => {});
  });
  const ended = exitCodeOf(child);
  try {
    await Promise.all([forward(child.stdout as Readable, stdout), forward(child.stderr as Readable, stderr)]);
    return await ended;
  } finally {
    stopResizing?.();
  }
}

/** Returns a command that runs another one in a terminal of its own: `script` of util-linux has one to give. */
function terminalCommand(command: readonly string[], size: TerminalSize | undefined): string[] {
  const resize = size ? `stty ${sizeArguments(size).join(' ')}; ` : '';
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '--quiet', '--flush', '--return', '--command', `${resize}exec ${quoted}`, '/dev/null'];
}

const sizeArguments = ({ columns, rows }: TerminalSize): string[] => ['columns', `${columns}`, 'rows', `${rows}`];

/** Returns the terminal that `script` made, by the first of its child processes that reads from one. */
function findTerminal(pid: number | undefined): string | undefined {
  for (let at = pid; at !== undefined; at = findChild(at)) {
    try {
      const input = readlinkSync(`/proc/${at}/fd/0`);
      if (input.startsWith('/dev/pts/')) return input;
    } catch {
      return undefined; // It has ended.
    }
  }
  return undefined;
}

async function forward(from: Readable, to: Writable): Promise<void> {
  from.pipe(to, { end: false });
  await finished(from, { writable: false });
}
