import { subscribe } from 'node:diagnostics_channel';
import type { EngineSilence } from '../../engine/connection/engine-silence.ts';
import { warn } from './format.ts';

/** Warns of an engine that does not answer, which leaves the command waiting without a word. The engine need not be loaded. */
export function warnOfSilentEngine(): void {
  subscribe('devnet:engine-silence', (message) => {
    const { request, host, seconds } = message as EngineSilence;
    warn(`the engine at ${host} has not answered ${request} for ${seconds} s; this waits on, Ctrl-C ends it`);
  });
}
