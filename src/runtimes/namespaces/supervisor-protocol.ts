import type { encodeError } from '../../network/control-socket/control-protocol.ts';
import type { Drift } from '../../network/links/drift.ts';
import type { UpStep } from '../../network/runtime.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { CgroupFolders } from './cgroup-folders.ts';

// Lines of JSON. The starter writes a StartRequest and then, any time, a StarterMessage to the supervisor's standard input; the
// supervisor answers on its standard output. Once the network is up, everything else passes through its control socket. When
// its standard input ends, the supervisor ends, unless it is to be kept.

/** Commands of the programs that come with devnet. */
export interface Programs {
  /** The bundled node. */
  node: readonly string[];
  /** File that the bundled node can start from instead. */
  nodeSnapshot?: string | undefined;
  probe: readonly string[];
  capture: readonly string[];
}

export interface StartRequest {
  topology: Topology;
  timeoutMs: number;
  /** The network ends with the process that started it, unless that keeps it. */
  ownedByProcess: boolean;
  programs: Programs;
  /** Working directory of nodes that name none. */
  folder: string;
  /** Where control groups can be made, as the starter sees it. */
  cgroups: CgroupFolders;
}

export type StarterMessage =
  /** Ends the start, which then fails. */
  | { abort: string }
  /** Answers `failed`: leaves what there is of the network, or ends the supervisor. */
  | { keep: boolean };

export type SupervisorMessage =
  | { progress: UpStep }
  | { started: { drift: Drift } }
  /** `served`: the network can be looked at through its control socket until it is to be removed. */
  | { failed: ReturnType<typeof encodeError>; served: boolean };
