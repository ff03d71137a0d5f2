import type { LinkConditions } from '../topology/model/topology.ts';

/** What can be done to a running devnet, as plain JSON: nodes are named, presets are expanded. */
export type Fault =
  /** Nothing passes from the nodes of one list to those of the other. One way: the way back is a cut of its own. */
  | { kind: 'partition'; cuts: { from: string[]; to: string[] }[] }
  | { kind: 'kill' | 'stop' | 'pause' | 'restart'; node: string }
  /** `cpus` in cores, `memory` in bytes. */
  | { kind: 'squeeze'; node: string; cpus?: number; memory?: number }
  /** Messages from one node to another, of one type or of any. `delay` in milliseconds. */
  | {
      kind: 'messages';
      from: string;
      to: string;
      type?: string;
      action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
      probability?: number;
      delay?: number;
    }
  /** The link's conditions, whole and both ways; `oneway`: only from the one to the other. */
  | { kind: 'link'; from: string; to: string; oneway?: boolean; quality: LinkQuality };

/** What a link's conditions are, as in a topology. */
export type LinkQuality = LinkConditions;
