import type { LinkConditions, MessageFault } from './link-state.ts';

/** What happens now to what goes from one node to another. */
export interface LinkSettings {
  conditions: LinkConditions;
  messageFaults: readonly MessageFault[];
}
