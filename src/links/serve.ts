import { rm } from 'node:fs/promises';
import { createLinks } from './links.ts';
import type { Log } from './log.ts';
import { parseState } from './parse-state.ts';
import { type Reply, type Request, serveRequests } from './requests.ts';
import { readSavedState, saveState } from './state-file.ts';
import { toolsIn } from './tools.ts';
import { watchBridges } from './watch.ts';

/** Where the program keeps its state and its socket, and finds its tools (undefined: on the PATH). */
export interface Paths {
  state: string;
  socket: string;
  tools: string | undefined;
}

/**
 * Applies the state of the run before, if there is one, and listens for requests.
 * @returns what stops it: then nothing of the devnet's is left in the kernel; the state is kept for the next run
 * @throws Error when the socket cannot be made
 */
export async function serve(paths: Paths, log: Log): Promise<() => Promise<void>> {
  const links = createLinks({ run: toolsIn(paths.tools), log, save: (state) => saveState(paths.state, state) });

  async function handle(request: Request): Promise<Reply> {
    switch (request.command) {
      case 'apply': {
        const { plan, away, foreign, fresh } = await links.apply(parseState(request.state));
        const { kernel, relay, intercepted } = plan;
        const counts = { kernel: kernel.length, relay: relay.length, intercepted: intercepted.length };
        return { ok: true, ...counts, away, foreign, fresh };
      }
      case 'show':
        return { ok: true, ...(await links.show()) };
      case 'clear':
        await links.clear();
        return { ok: true };
    }
  }

  // Watching begins first: a node that comes between its state's being applied and this would be missed.
  const unwatch = watchBridges(paths.tools, links.heard, log);
  const saved = await readSavedState(paths.state);
  if (saved !== undefined) {
    try {
      await links.apply(parseState(saved));
    } catch (error) {
      // It must listen all the same: the next state may be one that can be carried out.
      log('error', 'state_not_applied', { message: (error as Error).message });
    }
  }
  // What a killed run left is in the way of a new socket.
  await rm(paths.socket, { force: true });
  const server = await serveRequests(paths.socket, handle);
  log('info', 'links_ready', {});
  return async () => {
    unwatch();
    await new Promise((resolve) => server.close(resolve));
    await links.stop();
  };
}
