import type { NodeImage } from '../engine/images/node-image.ts';
import type { PlanStep } from './plan-step.ts';

/**
 * Progress of `up`. `done` counts from 1: nodes that were started (up to the number to create), nodes that listen, links that
 * were sent and links that were read back (up to those of the topology). `why` is the failure because of which a new network
 * is removed.
 */
export type UpStep =
  | { step: 'image'; image: NodeImage }
  /** `change`: the network exists, and these steps change it into the declared one. */
  | { step: 'plan'; steps: readonly PlanStep[]; change: boolean }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  | { step: 'verified'; done: number }
  | { step: 'removing'; why: Error };
