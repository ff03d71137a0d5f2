import pLimit from 'p-limit';
import type { Engine, EngineHost } from '../../engine/connection/engine.ts';
import { measureClockOffset } from '../../engine/connection/measure-clock-offset.ts';
import { inspectContainer } from '../../engine/containers.ts';
import { MemoryReader } from '../../engine/resource-usage.ts';
import type { ActiveFault } from '../../network/fault.ts';
import { findDrift } from '../../network/links/drift.ts';
import { disconnectStaleLinks } from '../../network/links/stale-links.ts';
import {
  type HostStatus,
  linkStatuses,
  type NetworkStatus,
  type NodeStatus,
  type TopologyStatus,
} from '../../network/network-status.ts';
import { namesByAddress } from '../../network/node-names.ts';
import { downReport, queryNodes } from '../../network/node-reports.ts';
import type { StatusOptions } from '../../network/running-network.ts';
import { describeError } from '../../shared/errors.ts';
import { assertOpenFiles, requiredOpenFiles } from '../../shared/files/open-files.ts';
import { type ClockOffset, processTimeMs } from '../../shared/time/clock-offset.ts';
import type { Link, Topology } from '../../topology/index.ts';
import { listActiveFaults } from '../faults/active-faults.ts';
import { cutLookup } from '../links/cut-lookup.ts';
import type { MissedHost } from '../links/link-access.ts';
import { findLinkAgent } from '../links/link-state.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { type NetworkState, nodeAddressesOf, type ObservedNode } from '../state/network-state.ts';

/** The engine measures memory once a second for all requests that wait by then: so nearly all are sent at once. */
const MAX_PARALLEL_REQUESTS = 256;

/**
 * Asks the engine and every node for their state, and compares the graph with the declared one; while an `up` is unfinished,
 * also with the one that it declares.
 * @throws DevnetError `wrong_network` when nodes of another network answer, `engine_failed`, `host_limit`
 */
export async function status(
  engine: Engine,
  devnet: NetworkState,
  { usageOf, measureRoundTrips = true, probeCapabilities = true }: StatusOptions = {},
): Promise<NetworkStatus> {
  const measured = usageOf && new Set(usageOf);
  const readsUsage = ({ name }: ObservedNode) => measured?.has(name) ?? true;
  assertOpenFiles(
    `the status of "${devnet.name}"`,
    requiredOpenFiles(Math.min(devnet.nodes.length, MAX_PARALLEL_REQUESTS)),
  );
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const bundled = new Set(
    devnet.topology?.nodes.flatMap(({ name, image, command }) => ((image ?? command) === undefined ? [name] : [])),
  );
  const memory = new MemoryReader(engine);
  const measuring = measureClockOffset(engine);
  const inspect = (node: ObservedNode) => limit(() => inspectNode(engine, node, measuring));
  // A bundled node that runs says itself since when, which saves a request to the engine for each.
  const answersForItself = (node: ObservedNode) => node.state === 'running' && bundled.has(node.name);
  const [faults, { offsetMs }, memories, inspected, answers] = await Promise.all([
    readFaults(engine, devnet),
    measuring,
    Promise.all(
      devnet.nodes.map((node) =>
        node.state === 'running' && readsUsage(node) ? limit(() => memory.read(node.containerId)) : undefined,
      ),
    ),
    Promise.all(
      devnet.nodes.map((node) =>
        node.state !== 'running' || (readsUsage(node) && !answersForItself(node)) ? inspect(node) : undefined,
      ),
    ),
    withNodes(engine, devnet, async (network) =>
      queryNodes(network, await network.nodes(), async (control, { name }) => {
        const report = await control.list({ measureRoundTrips });
        if (!probeCapabilities || report.source === 'down') return { report, lacks: undefined };
        // The bundled node knows every request, so one that answers is not asked for each.
        const isKnown = report.source === 'get_status' && bundled.has(name);
        return { report, lacks: isKnown ? [] : await control.missingCapabilities() };
      }),
    ),
  ]);
  const containers = await Promise.all(
    devnet.nodes.map(async (node, index): Promise<NodeStatus> => {
      const uptime = readsUsage(node) && answersForItself(node) ? answers[index]?.report.uptime : undefined;
      // One that did not answer may have ended since it was listed.
      const isSilent = readsUsage(node) && uptime === undefined;
      const detail = inspected[index] ?? (isSilent ? await inspect(node) : { state: node.state, uptime });
      const bytes = detail.state === 'running' ? memories[index] : undefined;
      return { ...describeNode(node, detail), ...(bytes === undefined ? {} : { memory: bytes }) };
    }),
  );
  const statuses = new Map(
    containers.map((node, index) => {
      const lacks = answers[index]?.lacks;
      return [node.name, { node, lacks: lacks ? { lacks } : {} }];
    }),
  );
  const names = namesByAddress({ addresses: nodeAddressesOf(devnet) });
  const reportsOfNodes = disconnectStaleLinks(
    devnet.nodes.map(({ name }, index) => answers[index]?.report ?? downReport(name)),
    names,
  );

  const compare = (topology: Topology | undefined): TopologyStatus => {
    const { nodes = [], links = [] } = topology ?? {};
    const missing = nodes.filter(({ name }) => !statuses.has(name));
    const reports = [...reportsOfNodes, ...missing.map(({ name }) => downReport(name))];
    const drift = findDrift(links, names, reports);
    return {
      nodes: nodes.map(({ name, memory: memoryLimit }) => {
        const found = statuses.get(name);
        return found
          ? { ...found.node, memoryLimit, ...found.lacks }
          : { name, state: 'missing', address: '', ...onHost(devnet.hosts.get(name)) };
      }),
      links: linkStatuses(links, names, reports, drift).map((link) => {
        const cut = faults.cutOf(link);
        return cut === undefined ? link : { ...link, cut };
      }),
      drift,
    };
  };
  const wanted = devnet.draft ?? devnet.failed;
  return {
    name: devnet.name,
    subnet: devnet.network?.subnet ?? '',
    internal: devnet.network?.internal ?? true,
    created: devnet.created,
    clockOffsetMs: Math.round(offsetMs),
    faults: faults.active,
    ...(engine.hosts ? { hosts: engine.hosts.list().map((host) => describeHost(host, faults.missed)) } : {}),
    ...(faults.unknown === undefined ? {} : { faultsUnknown: faults.unknown }),
    ...compare(devnet.topology),
    ...(wanted ? { wanted: { changing: devnet.changing, ...compare(wanted) } } : {}),
  };
}

interface ReadFaults {
  active: ActiveFault[];
  /** Returns the fault that cuts a link. */
  cutOf: (link: Link) => string | undefined;
  /** Why they are not known. */
  unknown?: string;
  /** Hosts that have not applied them. */
  missed: readonly MissedHost[];
}

/** Reads the faults in force. A netem agent that cannot be asked does not keep the rest of the status back. */
async function readFaults(engine: Engine, devnet: NetworkState): Promise<ReadFaults> {
  const none = { active: [], cutOf: () => undefined, missed: [] };
  try {
    const { current, missed = [] } = (await findLinkAgent(engine, devnet)) ?? {};
    return current?.state
      ? { active: listActiveFaults(current.state), cutOf: cutLookup(current.state), missed }
      : { ...none, missed };
  } catch (cause) {
    return { ...none, unknown: describeError(cause) };
  }
}

/** What the state of a node's container brings with it. */
type ContainerStatus = Pick<NodeStatus, 'state' | 'exitCode'> & { uptime?: number | undefined };

async function inspectNode(engine: Engine, node: ObservedNode, clock: Promise<ClockOffset>): Promise<ContainerStatus> {
  const detail = await inspectContainer(engine, node.containerId);
  const { offsetMs } = await clock;
  if (detail === undefined) return { state: 'missing' };
  const { state, startedAt, exitCode } = detail;
  if (state === 'running') return { state, uptime: (processTimeMs() + offsetMs - Date.parse(startedAt)) / 1_000 };
  return state === 'exited' || state === 'dead' ? { state, exitCode } : { state };
}

function describeNode(
  { name, address, port, host, misplacement }: ObservedNode,
  { state, uptime, exitCode }: ContainerStatus,
): NodeStatus {
  return {
    name,
    state,
    address: `${address}:${port}`,
    ...onHost(host),
    ...(misplacement === undefined ? {} : { misplacement }),
    ...(uptime === undefined ? {} : { uptime }),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

const onHost = (host: string | undefined) => (host === undefined ? {} : { onHost: host });

function describeHost({ name, engine, clockAheadMs }: EngineHost, missed: readonly MissedHost[]): HostStatus {
  const clock = clockAheadMs === undefined ? {} : { clockAheadMs };
  const linksMissed = missed.find((host) => host.name === name)?.reason;
  const links = linksMissed === undefined ? {} : { linksMissed };
  return 'unavailable' in engine ? { name, unavailable: engine.unavailable, ...links } : { name, ...clock, ...links };
}
