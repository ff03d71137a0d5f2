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

/**
 * Reads the recording that is in the page: blocks of lines of JSON, compressed, in base64. The log, which is nearly all of it, is read
 * last and bit by bit, so that the graph is there at once.
 */
export async function readReplay(store: PageStore): Promise<void> {
  for (const block of embeddedBlocks('states')) store.run.add(parseLines(await readLines(block)));
  const { range, firstFailureMs } = store.run;
  store.set({ loaded: 0 });
  store.seek(firstFailureMs ?? range?.toMs);
  await nextFrame();
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
  const blocks = embeddedBlocks('log');
  for (const [index, block] of blocks.entries()) {
    const lines = await readLines(block);
    block.remove(); // It takes memory.
    for (let read = 0; read < lines.length; ) {
      const until = performance.now() + SLICE_MS;
      while (read < lines.length && performance.now() < until) store.run.add(parseLines([lines[read++]!]));
      store.set({ loaded: (index + read / lines.length) / blocks.length });
      await nextTurn();
    }
  }
  store.set({ loaded: 1 });
}

function embeddedBlocks(name: string): Element[] {
  return [...document.querySelectorAll(`[data-recording="${name}"]`)];
}

/** Parses lines; leaves out one that is damaged. */
function parseLines(lines: readonly string[]): PageMessage[] {
  return lines.flatMap((line) => {
    try {
      return JSON.parse(line) as PageMessage;
    } catch {
      return [];
    }
  });
}

async function readLines(block: Element): Promise<string[]> {
  const text = new Blob([decodeBase64(block.textContent)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(text).text()).split('\n').filter((line) => line !== '');
}

function decodeBase64(encoded: string): Uint8Array<ArrayBuffer> {
  const characters = atob(encoded);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve));
/** Resolves when what was shown last is drawn. */
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
