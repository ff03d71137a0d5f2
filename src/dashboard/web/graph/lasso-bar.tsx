import { useStore } from '../state/use-store.ts';

/** A longer command is cut: the graph is behind it. */
const MAX_PREVIEW_CHARACTERS = 140;

/** Asks what to do with the nodes that were encircled. */
export function LassoBar({ names, allNames, onDone }: { names: string[]; allNames: string[]; onDone: () => void }) {
  const store = useStore();
  const inside = new Set(names);
  const others = allNames.filter((name) => !inside.has(name));
  const command = { do: 'partition' as const, groups: [names, others] };
  const canPartition = others.length > 0 && store.canAct && store.setup.capabilities.includes('link-conditions');
  const line = store.commandLine(command);
  return (
    <div class="dialog-bar" role="dialog" aria-label="Encircled nodes">
      <div class="row">
        <b>
          {names.length} of {allNames.length} nodes
        </b>
        <button
          type="button"
          class="button primary"
          disabled={!canPartition}
          onClick={() => {
            void store.act(command);
            onDone();
          }}
        >
          Partition them from the others
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
      <p class="preview" title={line}>
        {line.length > MAX_PREVIEW_CHARACTERS ? `${line.slice(0, MAX_PREVIEW_CHARACTERS)}…` : line}
      </p>
    </div>
  );
}
