import type { CommandResult, PageCommand } from '../../page/page-command.ts';
import type { PageMessage, PageSetup } from '../../page/page-message.ts';
import type { PageStore } from './page-store.ts';

/** Time that reading a part of the log takes before the page is drawn again, milliseconds. */
const SLICE_MS = 40;

/** Reads the settings that the page was served with. */
export function readSetup(): PageSetup {
  return JSON.parse(document.getElementById('setup')?.textContent ?? '{}') as PageSetup;
}

/** The token in the page's address. */
function token(): string {
  return new URLSearchParams(location.search).get('token') ?? '';
}

/** Receives messages from the server, and again after a break. */
export function followServer(store: PageStore): void {
  const source = new EventSource(`events?token=${encodeURIComponent(token())}`);
  source.onmessage = ({ data }) => store.receive(JSON.parse(data as string) as PageMessage[]);
  // Sent after everything that happened before.
  source.addEventListener('ready', () => store.set({ connection: 'open' }));
  // What this page has cannot be continued.
  source.addEventListener('reset', () => location.reload());
  // The browser tries again by itself; the server goes on after the last message that it sent.
  source.onerror = () => store.set({ connection: 'lost' });
}

export async function sendCommand(command: PageCommand): Promise<CommandResult> {
  try {
    const response = await fetch('commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
      body: JSON.stringify(command),
    });
    return (await response.json()) as CommandResult;
  } catch (cause) {
    return {
      ok: false,
      code: 'server_gone',
      message: `no answer from devnet: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'is the command that serves this page still running?',
    };
  }
}

/** Beginning of a line with log entries. */
const LOG_LINE = '{"type":"log"';

/**
 * Reads the recording that is in the page: lines of JSON, compressed, in base64. The log, which is nearly all of it, is read
 * last and bit by bit, so that the graph is there at once.
 */
export async function readReplay(store: PageStore): Promise<void> {
  const lines = await readLines(document.getElementById('recording')?.textContent?.trim() ?? '');
  const parse = (line: string) => JSON.parse(line) as PageMessage;
  store.run.add(lines.filter((line) => !line.startsWith(LOG_LINE)).map(parse));
  const { range, firstFailureMs } = store.run;
  store.seek(firstFailureMs ?? range?.toMs);
  const logLines = lines.filter((line) => line.startsWith(LOG_LINE));
  let read = 0;
  while (read < logLines.length) {
    const until = performance.now() + SLICE_MS;
    const slice: PageMessage[] = [];
    while (read < logLines.length && performance.now() < until) slice.push(parse(logLines[read++]!));
    store.run.add(slice);
    store.set({ loaded: read / logLines.length });
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function readLines(encoded: string): Promise<string[]> {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(text).text()).split('\n').filter((line) => line !== '');
}
