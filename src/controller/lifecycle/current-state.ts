import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { unavailableHosts } from '../../engine/connection/engine-hosts.ts';
import type { NodeReport } from '../../network/links/node-report.ts';
import { readNodeReports } from '../../network/node-reports.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import { readLinkState } from '../links/link-state.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { labelsOf } from '../placement/place-nodes.ts';
import { LABEL } from '../state/labels.ts';
import { changeInProgressError } from '../state/network-record.ts';
import { type NetworkState, observe } from '../state/network-state.ts';

/** State of a network, as far as a plan depends on it. */
export interface CurrentState {
  networkState: NetworkState;
  /** Peers of the nodes, as they report them. */
  reports: readonly NodeReport[];
  /** Id of the image that each node of the new topology needs, by its name. */
  imageIds: ReadonlyMap<string, string>;
  /** State of the links, where the network has a netem agent. */
  links?: LinkState;
  /** Labels of the hosts of a swarm, by name. Absent on one machine. */
  hostLabels?: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * Reads the state of a network from the engine and from its nodes.
 * @param draftId the caller's own draft of a record, which is not part of the state
 * @returns undefined when there is no such network, or only an engine network that could not be removed
 * @throws DevnetError `name_taken` when another process changes it, or when its record is gone
 */
export async function readCurrentState(
  engine: Engine,
  name: string,
  imageIds: CurrentState['imageIds'],
  draftId?: string,
): Promise<CurrentState | undefined> {
  const networkState = await observe(engine, name);
  const containers = networkState?.containers.filter(({ id }) => id !== draftId) ?? [];
  if (!networkState || containers.length === 0) return undefined;
  if (networkState.changing && draftId === undefined) throw changeInProgressError(name);
  if (!containers.some(({ labels }) => labels[LABEL.role] === 'record')) {
    throw new DevnetError('name_taken', `"${name}" was removed in part: the engine still has containers of it`, {
      hint: remainsHint(engine, name),
    });
  }
  const [reports, links] = await Promise.all([
    queryAllNodes(engine, networkState),
    readLinkState(engine, networkState),
  ]);
  const hostLabels = engine.hosts && labelsOf(engine.hosts);
  return { networkState, reports, imageIds, ...(links ? { links } : {}), ...(hostLabels ? { hostLabels } : {}) };
}

/** Returns what to do about a network whose record cannot be seen. */
export function remainsHint(engine: Engine, name: string): string {
  const hosts = unavailableHosts(engine);
  const remove = `devnet down ${name} removes the rest`;
  return hosts.length === 0 ? remove : `its record may be on ${formatList(hosts)}: bring it back; or ${remove}`;
}

/** Asks all nodes for their peers; those that do not run, or whose network is gone, are reported as `down`. */
export function queryAllNodes(engine: Engine, state: NetworkState): Promise<NodeReport[]> {
  return withNodes(engine, state, async (network) => readNodeReports(network, await network.nodes()));
}
