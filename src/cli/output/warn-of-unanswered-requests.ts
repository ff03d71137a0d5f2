import { subscribe } from 'node:diagnostics_channel';
import type { UnansweredRequest } from '../../engine/connection/unanswered-request.ts';
import { warn } from './format.ts';

/** Warns of an engine that does not answer, which leaves the command waiting without a word. The engine need not be loaded. */
export function warnOfUnansweredRequests(): void {
  subscribe('devnet:unanswered-request', (message) => {
    const { request, host, seconds } = message as UnansweredRequest;
    warn(`the engine at ${host} has not answered ${request} for ${seconds} s; this waits on, Ctrl-C ends it`);
  });
}
