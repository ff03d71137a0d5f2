import type Docker from 'dockerode';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../connection/engine.ts';
import { wrapEngineErrors } from '../connection/engine-error.ts';

/** A machine of a swarm, as its managers see it. */
export interface SwarmNode {
  id: string;
  /** Host name. */
  name: string;
  isManager: boolean;
  /** The managers hear from it. */
  isReady: boolean;
  /** It takes tasks: it is neither paused nor drained. */
  isActive: boolean;
  /** Address that its neighbours reach it at. */
  address: string;
  /** Version of its engine. */
  version: string;
  /** As {@link Engine.architecture}; the swarm says `x86_64` for `amd64`. */
  architecture: string;
  cores: number;
  memoryBytes: number;
  /** Its labels, as docker node update --label-add sets them. */
  labels: Record<string, string>;
}

/** A swarm, as one of its managers has it. */
export interface Swarm {
  /** Id of the manager that was asked. */
  managerId: string;
  /** By name. */
  nodes: SwarmNode[];
}

/** As much of `docker info` as says what part an engine has in a swarm. */
interface SwarmInfo {
  LocalNodeState?: string;
  ControlAvailable?: boolean;
  NodeID?: string;
  Error?: string;
  RemoteManagers?: { Addr: string }[] | null;
}

/** As much of a node as is used. dockerode declares none of it. */
interface ApiNode {
  ID: string;
  Spec: { Role: string; Availability: string; Labels?: Record<string, string> | null };
  Description: {
    Hostname: string;
    Platform: { Architecture: string };
    Resources: { NanoCPUs: number; MemoryBytes: number };
    Engine: { EngineVersion: string };
  };
  Status: { State: string; Addr?: string };
}

/**
 * Reads the machines of the swarm that an engine manages.
 * @throws DevnetError `engine_missing` where the engine is no manager of a swarm
 */
export async function readSwarm(engine: Engine): Promise<Swarm> {
  const { Swarm: info } = (await wrapEngineErrors('look for the swarm', () => engine.docker.info())) as {
    Swarm?: SwarmInfo;
  };
  const obstacle = swarmObstacle(info ?? {}, engine.endpoint.host);
  if (obstacle) throw new DevnetError('engine_missing', obstacle.message, { hint: obstacle.hint });
  const nodes = (await wrapEngineErrors('list the hosts of the swarm', () =>
    (engine.docker as Docker).listNodes(),
  )) as unknown as ApiNode[];
  return { managerId: info?.NodeID as string, nodes: nodes.map(parseNode).sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Returns why an engine cannot be asked for a swarm's hosts, and the fix; undefined where it can. */
export function swarmObstacle(info: SwarmInfo, host: string): { message: string; hint: string } | undefined {
  switch (info.LocalNodeState) {
    case 'active': {
      if (info.ControlAvailable) return undefined;
      const managers = (info.RemoteManagers ?? []).map(({ Addr }) => Addr.replace(/:\d+$/, ''));
      const hint = `export DOCKER_HOST=ssh://${managers[0] ?? 'MANAGER'}, or docker node promote on a manager`;
      return { message: `the engine at ${host} is a worker of its swarm, and only managers can be asked`, hint };
    }
    case 'locked':
      return { message: `the swarm of the engine at ${host} is locked`, hint: 'docker swarm unlock' };
    case 'error':
      return { message: `the swarm of the engine at ${host} has failed: ${info.Error}`, hint: 'docker info shows it' };
    default:
      return {
        message: `the engine at ${host} belongs to no swarm`,
        hint: 'docker swarm init there, then what it prints on the other machines; docs/swarm.md',
      };
  }
}

const ARCHITECTURES: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' };

function parseNode({ ID, Spec, Description, Status }: ApiNode): SwarmNode {
  const { Architecture } = Description.Platform;
  return {
    id: ID,
    name: Description.Hostname,
    isManager: Spec.Role === 'manager',
    isReady: Status.State === 'ready',
    isActive: Spec.Availability === 'active',
    address: Status.Addr ?? '',
    version: Description.Engine.EngineVersion,
    architecture: ARCHITECTURES[Architecture] ?? Architecture,
    cores: Description.Resources.NanoCPUs / 1e9,
    memoryBytes: Description.Resources.MemoryBytes,
    labels: Spec.Labels ?? {},
  };
}
