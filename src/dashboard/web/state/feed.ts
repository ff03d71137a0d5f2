import type { CommandResult, PageCommand } from '../../page/page-command.ts';
import type { PageMessage, PageSetup } from '../../page/page-message.ts';
import type { PageStore } from './page-store.ts';

/** Messages that are read from a replay before the page shows something. */
const MESSAGES_PER_BATCH = 20_000;

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

/** Reads the recording that is in the page: lines of JSON, compressed, in base64. */
export async function readReplay(store: PageStore): Promise<void> {
  const encoded = document.getElementById('recording')?.textContent?.trim() ?? '';
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  const lines = text.split('\n').filter((line) => line !== '');
  for (let start = 0; start < lines.length; start += MESSAGES_PER_BATCH) {
    store.run.add(lines.slice(start, start + MESSAGES_PER_BATCH).map((line) => JSON.parse(line) as PageMessage));
  }
  const { range, firstFailureMs } = store.run;
  store.seek(firstFailureMs ?? range?.toMs);
}
