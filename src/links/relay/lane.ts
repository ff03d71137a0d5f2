import type { MessageFault, Quality } from '../state.ts';

/** What happens now to what goes from one node to another. */
export interface Lane {
  quality: Quality;
  faults: readonly MessageFault[];
}
