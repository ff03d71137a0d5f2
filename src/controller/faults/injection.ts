/** Takes a fault back. After it succeeded, more calls do nothing. */
export type Heal = () => Promise<void>;

/** A fault in force. */
export interface InjectionResult {
  heal: Heal;
  /** Limitation that it is in force with. */
  warning?: string;
}

/** Returns a heal that may be called more than once: after a failure it tries again, after a success it does nothing. */
export function idempotentHeal(heal: Heal): Heal {
  let healing: Promise<void> | undefined;
  return () => {
    healing ??= heal().catch((cause: unknown) => {
      healing = undefined;
      throw cause;
    });
    return healing;
  };
}
