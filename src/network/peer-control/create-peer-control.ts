import type { Dialer } from '../dialer.ts';
import type { NodeAddress } from '../running-network.ts';
import { NativePeerControl } from './native-peer-control.ts';
import type { NodeNames, PeerControl } from './peer-control.ts';

/**
 * Creates the peer control of a node. Controls for other programs are chosen here.
 * @param names of the nodes of its network: none of the others may answer in its place
 */
export function createPeerControl(node: { name: string } & NodeAddress, dialer: Dialer, names: NodeNames): PeerControl {
  return new NativePeerControl(node, dialer, names);
}
