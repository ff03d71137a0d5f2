import { useEffect, useState } from 'preact/hooks';
import { toVisibleText } from '../log/visible-text.ts';
import type { SentCommand } from '../state/page-store.ts';
import { useStore } from '../state/use-store.ts';

const SHOWN_MS = 7_000;
const MAX_SHOWN = 3;

/** The last commands that this page sent, as one would type them, with what came of them. */
export function SentCommands() {
  const { sent } = useStore();
  return (
    <ul class="done" aria-live="polite" aria-label="What was done">
      {sent.slice(-MAX_SHOWN).map((command) => (
        <Sent key={command.id} command={command} />
      ))}
    </ul>
  );
}

function Sent({ command: { line, result } }: { command: SentCommand }) {
  const [isShown, setShown] = useState(true);
  useEffect(() => {
    if (!result) return;
    // A failure stays until it was read.
    const timer = setTimeout(() => setShown(false), result.ok ? SHOWN_MS : SHOWN_MS * 4);
    return () => clearTimeout(timer);
  }, [result]);
  if (!isShown) return null;
  const text = result === undefined ? 'under way…' : result.ok ? `✓ ${result.text}` : `✕ ${result.message}`;
  return (
    <li class={result === undefined ? '' : result.ok ? 'ok' : 'failed'}>
      <span class="command">$ {toVisibleText(line, 300)}</span>
      <small>
        {toVisibleText(text, 500)}
        {result?.ok === false && result.hint ? ` – ${toVisibleText(result.hint, 300)}` : ''}
      </small>
    </li>
  );
}
