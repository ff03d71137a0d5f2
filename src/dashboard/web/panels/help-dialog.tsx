import { useEffect, useRef } from 'preact/hooks';

const KEYS: [string, string][] = [
  ['/', 'find nodes'],
  ['arrows', 'in the graph: choose the next node that way; with shift: move the view'],
  ['+  −  0', 'zoom in, zoom out, show all'],
  ['shift + drag', 'encircle nodes, to partition them from the others'],
  ['space', 'play and stop'],
  [',  .', 'a step back, a step on'],
  ['L', 'back to live'],
  ['F', 'the first failure'],
  ['Esc', 'select nothing'],
];

const SIGNS: [string, string][] = [
  ['●', 'node that runs; its colour is its group'],
  ['⊗', 'node that ended, or is missing (dashed)'],
  ['❚❚', 'paused node'],
  ['▲!', 'node whose links are not the declared ones'],
  ['─ ─▮▮─ ─', 'cut link'],
  ['╌╌╌', 'link that is not connected'],
  ['┄┄┄', 'link that is missing; dotted: not declared'],
  ['(80 ms)', 'conditions; filled: changed by a fault'],
];

/** Keys and signs. */
export function HelpDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog class="help" ref={dialog} onClose={onClose} aria-label="Help">
      <h2>
        Keys and signs
        <span class="spring" />
        <button type="button" class="button icon" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </h2>
      <div class="keys">
        {KEYS.map(([key, what]) => [
          <span key={key}>
            <kbd>{key}</kbd>
          </span>,
          <span key={`${key} does`}>{what}</span>,
        ])}
      </div>
      <h3>In the graph</h3>
      <div class="signs">
        {SIGNS.map(([sign, what]) => (
          <span key={sign}>
            <b>{sign}</b> {what}
          </span>
        ))}
      </div>
      <h3>Parts of a partitioned network stand on grounds of different colours.</h3>
    </dialog>
  );
}
