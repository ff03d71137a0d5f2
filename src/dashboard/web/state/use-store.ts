import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { PageStore } from './page-store.ts';

export const StoreContext = createContext<PageStore>(undefined as never);

/** Returns the store; the component is rendered again after every change of it. */
export function useStore(): PageStore {
  const store = useContext(StoreContext);
  const [, render] = useState(0);
  const seen = store.changes;
  useEffect(() => {
    const renderAgain = () => render((count) => count + 1);
    // An effect runs after the frame is drawn: what changed until then was told to nobody.
    if (store.changes !== seen) renderAgain();
    return store.subscribe(renderAgain);
  }, [store]);
  return store;
}
