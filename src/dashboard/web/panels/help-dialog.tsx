import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const KEYS: [string, string][] = [
  ['/', 'find nodes; Enter selects them one after the other'],
  ['arrows', 'in the graph: choose the next node that way; with shift: move the view'],
  ['+  −  0', 'zoom in, zoom out, show all'],
  ['shift + drag', 'encircle nodes, to partition them from the others'],
  ['space', 'play and stop'],
  [',  .', 'a step back, a step on'],
  ['L', 'back to live'],
  ['F', 'the first failure'],
  ['Esc', 'select nothing'],
];

/** Pictures of the signs in the graph, 34 × 18, and what they mean. */
const SIGNS: [sign: ComponentChildren, what: string][] = [
  [<circle key="1" cx="17" cy="9" r="7" fill="var(--node)" />, 'node that runs; its colour is its group'],
  [
    <g key="2" fill="none" stroke="var(--red)" stroke-width="1.7">
      <circle cx="17" cy="9" r="7" />
      <path d="m14 6 6 6m0-6-6 6" />
    </g>,
    'node that ended; dashed: it is missing',
  ],
  [
    <g key="3" fill="var(--ink)">
      <circle cx="17" cy="9" r="7" fill="none" stroke="var(--quiet)" stroke-width="1.6" />
      <path d="M13.6 5.200h2.200v7.600h-2.200zM18.200 5.200h2.200v7.600h-2.200z" />
    </g>,
    'paused node',
  ],
  [
    <path key="4" d="m17 2 7 13H10z" fill="var(--amber)" />,
    'at a node: its links are not the declared ones, and no fault explains that',
  ],
  [
    <g key="5" stroke="var(--red)" stroke-width="1.8">
      <path d="M1 9h13M20 9h13" stroke-dasharray="4 3" />
      <path d="M14.500 4v10M19.500 4v10" />
    </g>,
    'link that a fault cuts',
  ],
  [
    <path key="6" d="M1 9h32" stroke="var(--amber)" stroke-width="2" stroke-dasharray="8 4" />,
    'link that is not connected; short dashes: the node does not have it',
  ],
  [
    <path key="7" d="M1 9h32" stroke="var(--purple)" stroke-width="2" stroke-dasharray="1.500 3" />,
    'link that is not declared; grey: an end of it does not run',
  ],
  [
    <g key="8">
      <rect x="1" y="2" width="32" height="14" rx="7" fill="var(--violet)" />
      <text x="17" y="12.500" text-anchor="middle" font-size="9" font-weight="600" fill="var(--raised)">
        80 ms
      </text>
    </g>,
    'conditions that are not the declared ones; on a white ground: declared',
  ],
  [
    <path key="9" d="M3 9h28" stroke="var(--amber)" stroke-width="14" stroke-linecap="round" opacity="0.3" />,
    'part of the network that is cut off from the others',
  ],
  [
    <circle key="10" cx="17" cy="9" r="4" fill="#2c9f86" />,
    'gossip message on its way; its colour is the number of hops',
  ],
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
          <span key={what}>
            <svg width="34" height="18" viewBox="0 0 34 18" aria-hidden="true">
              {sign}
            </svg>
            {what}
          </span>
        ))}
      </div>
    </dialog>
  );
}
