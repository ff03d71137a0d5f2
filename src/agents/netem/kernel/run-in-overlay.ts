import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { inOverlay } from '../../overlay/overlay-namespace.ts';

/**
 * Runs a program in the network namespace that holds the bridge of an overlay network on this host. It gets the signals of this
 * one.
 * @returns its exit code
 * @throws Error where the network is not on this host, or `nsenter` is missing
 */
export async function runInOverlay(networkId: string, command: readonly string[]): Promise<number> {
  const [program, ...args] = await inOverlay(networkId, command);
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
