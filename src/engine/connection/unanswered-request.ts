import { channel } from 'node:diagnostics_channel';

/** A request that an engine has not answered for a while: it may be stopped, or its disk or its machine stuck. */
export interface UnansweredRequest {
  /** As `GET /containers/json`. */
  request: string;
  /** The engine's address, as `unix:///var/run/docker.sock`. */
  host: string;
  /** Time since the request was sent. */
  seconds: number;
}

/** Where {@link UnansweredRequest} is published. Who asked waits on, as nobody knows how long an engine may take. */
export const unansweredRequests = channel('devnet:unanswered-request');

const UNANSWERED_MS = 30_000;
/** Its answer begins with the first event, which may be hours away. */
const EVENTS_PATH = /^\/events\b/;

/** Notices requests that an engine does not answer: the first one, until it has answered another. */
export class AnswerWatch {
  readonly #host: string;
  #isReported = false;

  constructor(host: string) {
    this.#host = host;
  }

  /** @returns to be called when the answer begins, or the request has failed */
  expectAnswer(method: string, path: string): () => void {
    if (EVENTS_PATH.test(path)) return () => {};
    const timer = setTimeout(() => {
      if (this.#isReported) return;
      this.#isReported = true;
      const request = `${method} ${path.replace(/\?.*/, '')}`;
      unansweredRequests.publish({
        request,
        host: this.#host,
        seconds: UNANSWERED_MS / 1_000,
      } satisfies UnansweredRequest);
    }, UNANSWERED_MS).unref();
    return () => {
      clearTimeout(timer);
      this.#isReported = false;
    };
  }
}
