import { rm } from 'node:fs/promises';
import { type ControlReply, type ControlRequest, serveControlSocket } from './control-socket.ts';
import { createToolRunner } from './kernel/run-tool.ts';
import { watchBridges } from './kernel/watch-bridges.ts';
import { createLinkController } from './link-controller.ts';
import type { LogFunction } from './shared/json-log.ts';
import { parseLinkState } from './state/parse-link-state.ts';
import { readSavedLinkState, saveLinkState } from './state/state-file.ts';

/** Where the program keeps its state and its socket, and finds its tools (undefined: on the PATH). */
export interface AgentPaths {
  state: string;
  socket: string;
  tools: string | undefined;
}

/**
 * Applies the state of the run before, if there is one, and listens for requests.
 * @returns what stops it: then nothing of the devnet's is left in the kernel; the state is kept for the next run
 * @throws Error when the socket cannot be made
 */
export async function serveLinks(paths: AgentPaths, log: LogFunction): Promise<() => Promise<void>> {
  const links = createLinkController({
    run: createToolRunner(paths.tools),
    log,
    save: (state) => saveLinkState(paths.state, state),
  });

  async function handle(request: ControlRequest): Promise<ControlReply> {
    switch (request.command) {
      case 'apply': {
        const { plan, away, foreign, fresh } = await links.apply(parseLinkState(request.state));
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
  const unwatch = watchBridges(paths.tools, links.onMacLearned, log);
  const saved = await readSavedLinkState(paths.state);
  if (saved !== undefined) {
    try {
      await links.apply(parseLinkState(saved));
    } catch (error) {
      // It must listen all the same: the next state may be one that can be carried out.
      log('error', 'state_not_applied', { message: (error as Error).message });
    }
  }
  // What a killed run left is in the way of a new socket.
  await rm(paths.socket, { force: true });
  const server = await serveControlSocket(paths.socket, handle);
  log('info', 'links_ready', {});
  return async () => {
    unwatch();
    await new Promise((resolve) => server.close(resolve));
    await links.stop();
  };
}
