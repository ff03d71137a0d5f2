import type { Engine } from '../../engine/engine.ts';
import type { NodeReport } from '../../network/drift.ts';
import { readNodeReports } from '../../network/node-reports.ts';
import { DevnetError } from '../../shared/errors.ts';
import { readLinkState } from '../links/netem-agent.ts';
import { withNodes } from '../peers/dialer.ts';
import { LABEL } from '../state/labels.ts';
import { changeInProgressError } from '../state/network-record.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import type { CurrentState } from './plan.ts';

/**
 * What there is of a devnet, for a plan to start from: the engine's view, and what its nodes say of their peers.
 * @param draft id of the caller's own draft of a record, which is not counted
 * @returns undefined when there is nothing, or nothing but a network that could not be removed
 * @throws DevnetError `name_taken` when it is being changed, or when only remains of it are left
 */
export async function readCurrentState(
  engine: Engine,
  name: string,
  images: CurrentState['imageIds'],
  draft?: string,
): Promise<CurrentState | undefined> {
  const observed = await observe(engine, name);
  // The caller's own draft is nothing that runs; but alone it would be taken for the record.
  const others = observed?.containers.filter(({ id }) => id !== draft) ?? [];
  if (!observed || others.length === 0) return undefined;
  if (observed.changing && draft === undefined) throw changeInProgressError(name);
  if (!others.some(({ labels }) => labels[LABEL.role] === 'record')) {
    throw new DevnetError('name_taken', `remains of a devnet "${name}" are on the engine`, {
      hint: `devnet down ${name}`,
    });
  }
  const [reports, links] = await Promise.all([queryAllNodes(engine, observed), readLinkState(engine, observed)]);
  return { networkState: observed, reports, imageIds: images, ...(links ? { links } : {}) };
}

/** Asks all nodes for their peers; those that do not run, or whose network is gone, are reported as `down`. */
export function queryAllNodes(engine: Engine, state: NetworkState): Promise<NodeReport[]> {
  return withNodes(engine, state, async (network) => readNodeReports(network, await network.nodes()));
}
