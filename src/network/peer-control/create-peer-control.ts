import type { Dialer } from '../dialer.ts';
import type { NodeAddress } from '../running-network.ts';
import { NativePeerControl } from './native-peer-control.ts';
import type { PeerControl } from './peer-control.ts';

/** Creates the peer control of a node. Controls for other programs are chosen here. */
export function createPeerControl(node: { name: string } & NodeAddress, dialer: Dialer): PeerControl {
  return new NativePeerControl(node, dialer);
}
