import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { PageStore } from './page-store.ts';

export const StoreContext = createContext<PageStore>(undefined as never);

/** Returns the store; the component is rendered again after every change of it. */
export function useStore(): PageStore {
  const store = useContext(StoreContext);
  const [, render] = useState(0);
  useEffect(() => store.subscribe(() => render((count) => count + 1)), [store]);
  return store;
}
