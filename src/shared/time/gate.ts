/** Opens once, for all that wait at it. */
export interface Gate {
  /** Resolves when it is open. */
  opened: Promise<void>;
  open: () => void;
}

export function createGate(): Gate {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
