import type { ComponentChildren } from 'preact';
import type { PageCommand } from '../../page/page-command.ts';
import { useStore } from '../state/use-store.ts';

interface Props {
  command: PageCommand;
  /** What the runtime has to support; one that does not has the button disabled. */
  needs?: string;
  class?: string;
  disabled?: boolean;
  children: ComponentChildren;
  /** Called with the answer. */
  onDone?: (result: Awaited<ReturnType<ReturnType<typeof useStore>['act']>>) => void;
}

/** A button that does something to the network, and shows the command that does the same. */
export function ActionButton({ command, needs, class: className = '', disabled = false, children, onDone }: Props) {
  const store = useStore();
  const isUnsupported = needs !== undefined && !store.setup.capabilities.includes(needs);
  const line = store.commandLine(command);
  const show = () => store.set({ preview: command });
  const hide = () => store.set({ preview: undefined });
  return (
    <button
      type="button"
      class={`button ${className}`}
      disabled={disabled || isUnsupported || !store.canAct}
      title={isUnsupported ? `the ${store.setup.runtime} runtime does not support this` : line}
      onClick={() => void store.act(command).then((result) => onDone?.(result))}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
    >
      {children}
    </button>
  );
}

/** The command that the button does that is pointed at. */
export function CommandPreview() {
  const store = useStore();
  if (!store.canAct)
    return store.setup.mode === 'replay' ? null : <p class="preview">Not connected: nothing can be done.</p>;
  return <p class="preview">{store.preview ? store.commandLine(store.preview) : ' '}</p>;
}
