import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { findOverlayNamespace, OVERLAY_NAMESPACES } from '../shared/overlay-namespace.ts';
import { NetemError } from '../shared/reporting.ts';

/**
 * Runs a program in the network namespace that holds the bridge of an overlay network on this host. It gets the signals of this
 * one.
 * @returns its exit code
 * @throws NetemError where the network is not on this host, or `nsenter` is missing
 */
export async function runInOverlay(networkId: string, command: readonly string[]): Promise<number> {
  const name = findOverlayNamespace(await readdir(OVERLAY_NAMESPACES), networkId);
  if (name === undefined) throw new NetemError(`the overlay network ${networkId} has no namespace on this host`);
  const child = spawn('nsenter', [`--net=${join(OVERLAY_NAMESPACES, name)}`, ...command], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  const ended = once(child, 'exit').catch((cause: Error) => {
    throw new NetemError(`cannot run nsenter: ${cause.message}`, { cause });
  });
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
