import { useStore } from '../state/use-store.ts';

/** Closes the panel of what is selected. */
export function CloseButton() {
  const store = useStore();
  return (
    <button
      type="button"
      class="button icon"
      aria-label="Close"
      title="Close (Esc)"
      onClick={() => store.set({ selected: undefined })}
    >
      ✕
    </button>
  );
}
