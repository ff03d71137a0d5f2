import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type ControlReply, type ControlRequest, serveControlSocket } from './control-socket.ts';
import { createToolRunner } from './kernel/run-tool.ts';
import { watchBridges } from './kernel/watch-bridges.ts';
import { watchDials } from './kernel/watch-dials.ts';
import { createLinkController } from './link-controller.ts';
import type { LogFunction } from './shared/reporting.ts';
import type { LinkState } from './state/link-state.ts';
import { parseLinkState } from './state/parse-link-state.ts';

export interface AgentSettings {
  /** File that the state is kept in. */
  state: string;
  socket: string;
  /** Folder of the tools; undefined for those on the PATH. */
  tools: string | undefined;
  /** Network that the agent is for; undefined for that of the first state. */
  devnet: string | undefined;
}

/**
 * Applies the state that an earlier run has saved, if any, and listens for requests.
 *
 * @returns a function that stops the agent: it removes everything from the kernel and keeps the saved state
 * @throws Error when it cannot listen
 */
export async function serveLinks(settings: AgentSettings, log: LogFunction): Promise<() => Promise<void>> {
  const run = createToolRunner(settings.tools);
  const links = createLinkController({
    run,
    log,
    watchDials: (devnet, onDial) => watchDials({ run, tools: settings.tools, log }, devnet, onDial),
    devnet: settings.devnet,
    save: (state) => saveLinkState(settings.state, state),
  });

  async function handle(request: ControlRequest): Promise<ControlReply> {
    switch (request.command) {
      case 'apply': {
        const applied = await links.apply(parseLinkState(request.state), request.revision);
        if (applied === undefined) return { ok: true, conflict: await links.read() };
        const { plan, ...result } = applied;
        const { kernel, proxy, intercepted } = plan;
        const proxied = proxy.map(({ from, to }) => ({ from, to }));
        const counts = { kernel: kernel.length, relay: proxy.length, intercepted: intercepted.length };
        return { ok: true, ...counts, proxied, ...result };
      }
      case 'read':
        return { ok: true, ...(await links.read()) };
      case 'show':
        return { ok: true, ...(await links.show()) };
      case 'clear':
        await links.clear();
        return { ok: true };
    }
  }

  // Watching begins first, so that no node that starts after its state was applied is missed.
  const unwatch = watchBridges(settings.tools, links.onMacLearned, log);
  const saved = await readSavedLinkState(settings.state);
  if (saved !== undefined) {
    try {
      await links.apply(parseLinkState(saved));
    } catch (error) {
      // The agent must listen all the same: the next state may be one that can be applied.
      log('error', 'state_not_applied', { message: (error as Error).message });
    }
  } else {
    await links.removeLeftovers().catch(({ message }: Error) => log('error', 'not_cleared', { message }));
  }
  // The socket that a killed run left is in the way of a new one.
  await rm(settings.socket, { force: true });
  const server = await serveControlSocket(settings.socket, handle);
  log('info', 'links_ready', {});
  return async () => {
    unwatch();
    await new Promise((resolve) => server.close(resolve));
    await links.stop();
  };
}

/**
 * Writes the state so that a reader finds the old one or the new one, whole; undefined removes it. Where it cannot be
 * written, as on a full disk, the old one is removed: it is not in force any more.
 */
async function saveLinkState(path: string, state: LinkState | undefined): Promise<void> {
  if (state === undefined) return await rm(path, { force: true });
  try {
    await writeFile(`${path}.new`, JSON.stringify(state));
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Returns the text of the state that was saved last; undefined if there is none. */
async function readSavedLinkState(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
