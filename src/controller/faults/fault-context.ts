import type { Engine } from '../../engine/connection/engine.ts';
import type { NetworkState } from '../state/network-state.ts';

/** The network that faults are injected into. */
export interface FaultContext {
  engine: Engine;
  devnet: NetworkState;
}
