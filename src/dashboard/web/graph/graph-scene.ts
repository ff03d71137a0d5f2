import type { NodeSnapshot, RecordedLink, Snapshot } from '../../../recording/recording-event.ts';
import type { PageLayout } from '../../page/page-layout.ts';
import { formatConditions, formatSign } from './format-conditions.ts';
import { findIslands } from './islands.ts';

/** Form in which a node is drawn. The shape tells the state, so that it can be read without colours. */
export type NodeShape = 'running' | 'starting' | 'paused' | 'ended' | 'missing';

/** Form in which a link is drawn. */
export type LinkShape = 'up' | 'cut' | 'broken' | 'missing' | 'extra' | 'dead' | 'unknown';

export interface SceneNode {
  name: string;
  x: number;
  y: number;
  radius: number;
  label: PageLayout['nodes'][number]['label'];
  shape: NodeShape;
  /** Index of its first group, for the colour; -1: none. */
  group: number;
  /** True if its links differ from the declared ones although no fault explains that. */
  drifts: boolean;
  /** Name of a fault on the node. */
  fault?: string;
  /** State in words. */
  text: string;
}

export interface SceneLink {
  from: string;
  to: string;
  a: number;
  b: number;
  twoWay: boolean;
  curves: number[][];
  middle: [number, number];
  shape: LinkShape;
  /** Conditions in force, in either direction; empty: none. */
  conditions: string;
  /** The same, as short as it is written on the link. */
  sign: string;
  /** True if the conditions differ from the declared ones. */
  changed: boolean;
  /** True if packets are lost. */
  lossy: boolean;
}

/** All that the graph shows at a moment. */
export interface GraphScene {
  width: number;
  height: number;
  nodes: SceneNode[];
  links: SceneLink[];
  indexOf: Map<string, number>;
  /** Names of the groups, in the order of their colours. */
  groups: string[];
  /** Parts that cuts keep apart, as the indices of their nodes; empty unless there are several. */
  islands: number[][];
}

/** Worst first: a line for two links is drawn as the worse one. */
const SHAPES_BY_SEVERITY: LinkShape[] = ['cut', 'broken', 'missing', 'dead', 'extra', 'unknown', 'up'];

export function buildScene(snapshot: Snapshot, layout: PageLayout): GraphScene {
  const { topology } = snapshot;
  const { groups, groupOf } = assignGroups(topology);
  const states = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const links = new Map(snapshot.links.map((link) => [keyOf(link.from, link.to), link]));
  const conditions = new Map(snapshot.conditions.map((one) => [keyOf(one.from, one.to), one]));
  const declared = new Map((topology?.conditions ?? []).map((one) => [keyOf(one.from, one.to), one]));
  const running = new Set(snapshot.nodes.filter((node) => shapeOfNode(node) === 'running').map(({ name }) => name));
  const drifting = findDriftingNodes(snapshot.links, running, conditions);
  const faults = faultsByNode(snapshot);
  const nodes = layout.nodes.map(({ name, x, y, radius, label }): SceneNode => {
    const state = states.get(name);
    const shape = shapeOfNode(state);
    const fault = faults.get(name);
    return {
      ...{ name, x, y, radius, label, shape },
      group: groupOf.get(name) ?? -1,
      drifts: shape === 'running' && drifting.has(name),
      ...(fault === undefined ? {} : { fault }),
      text: describeState(state),
    };
  });
  const indexOf = new Map(nodes.map(({ name }, index) => [name, index]));
  const drawn = layout.routes.map((route): SceneLink => {
    const [from, to] = [nodes[route.a]!.name, nodes[route.b]!.name];
    const [there, back] = [keyOf(from, to), keyOf(to, from)];
    const shapes = [shapeOfLink(links.get(there)), ...(route.twoWay ? [shapeOfLink(links.get(back))] : [])];
    const inForce = [conditions.get(there), conditions.get(back)];
    const hasEnded = [route.a, route.b].some((end) => nodes[end]!.shape === 'ended' || nodes[end]!.shape === 'missing');
    const isCut = inForce.some((one) => one?.cut !== undefined);
    const shape = hasEnded ? 'dead' : isCut ? 'cut' : SHAPES_BY_SEVERITY.find((one) => shapes.includes(one))!;
    const text = formatConditions(inForce[0], inForce[1]);
    return {
      ...{ from, to, shape },
      ...{ a: route.a, b: route.b, twoWay: route.twoWay, curves: route.curves, middle: route.middle },
      conditions: text,
      sign: formatSign(inForce[0], inForce[1]),
      changed: text !== formatConditions(declared.get(there), declared.get(back)),
      lossy: inForce.some((one) => (one?.loss ?? 0) > 0),
    };
  });
  return {
    ...{ width: layout.width, height: layout.height, nodes, indexOf, groups },
    links: [...drawn, ...extraLinks(snapshot.links, nodes, indexOf)],
    islands: findIslands(nodes, drawn),
  };
}

/**
 * Gives each node the first group that it is in. One group that has all nodes tells nothing: a file with counted nodes has it.
 */
function assignGroups(topology: Snapshot['topology']): { groups: string[]; groupOf: Map<string, number> } {
  const groups: string[] = [];
  const groupOf = new Map<string, number>();
  for (const [group, members] of Object.entries(topology?.groups ?? {})) {
    const added = members.filter((name) => !groupOf.has(name));
    if (added.length === 0 || added.length === topology?.nodes.length) continue;
    for (const name of added) groupOf.set(name, groups.length);
    groups.push(group);
  }
  return { groups, groupOf };
}

/** Links that are not declared have no place in the layout: straight lines. */
function extraLinks(
  links: readonly RecordedLink[],
  nodes: readonly SceneNode[],
  indexOf: ReadonlyMap<string, number>,
): SceneLink[] {
  return links.flatMap(({ from, to, state }): SceneLink[] => {
    const [a, b] = [indexOf.get(from), indexOf.get(to)];
    if (state !== 'extra' || a === undefined || b === undefined) return [];
    const [start, end] = [nodes[a]!, nodes[b]!];
    const middle: [number, number] = [(start.x + end.x) / 2, (start.y + end.y) / 2];
    const curves = [[start.x, start.y, end.x, end.y]];
    const common = { a, b, twoWay: false, curves, middle, conditions: '', sign: '', changed: false, lossy: false };
    return [{ from, to, shape: 'extra', ...common }];
  });
}

export function shapeOfNode(state: Pick<NodeSnapshot, 'state' | 'misplacement'> | undefined): NodeShape {
  switch (state?.state) {
    case 'running':
      return state.misplacement === undefined ? 'running' : 'missing';
    case 'paused':
      return 'paused';
    case 'exited':
    case 'dead':
    case 'removing':
      return 'ended';
    case 'missing':
      return 'missing';
    default:
      return 'starting';
  }
}

export function shapeOfLink(link: Pick<RecordedLink, 'state' | 'cut'> | undefined): LinkShape {
  if (link === undefined) return 'unknown';
  if (link.cut !== undefined) return 'cut';
  return link.state === 'listed' ? 'up' : link.state;
}

/** Nodes that do not have the links that are declared, or have others, although both ends run and no fault cuts them. */
function findDriftingNodes(
  links: readonly RecordedLink[],
  running: ReadonlySet<string>,
  conditions: ReadonlyMap<string, { cut?: string }>,
): Set<string> {
  const names = new Set<string>();
  const isCut = (from: string, to: string) => conditions.get(keyOf(from, to))?.cut !== undefined;
  for (const { from, to, state, cut } of links) {
    if (cut !== undefined || isCut(from, to) || isCut(to, from)) continue;
    if (state !== 'extra' && !running.has(to)) continue;
    if (state === 'broken' || state === 'missing' || state === 'extra') names.add(from);
  }
  return names;
}

function faultsByNode({ faults }: Snapshot): Map<string, string> {
  const byNode = new Map<string, string>();
  for (const { name, faults: injected = [] } of faults) {
    for (const fault of injected) if ('node' in fault) byNode.set(fault.node, name);
  }
  return byNode;
}

function describeState(state: NodeSnapshot | undefined): string {
  if (state === undefined) return 'not seen yet';
  if (state.misplacement !== undefined) return state.misplacement;
  return state.exitCode === undefined ? state.state : `${state.state}, exit code ${state.exitCode}`;
}

const keyOf = (from: string, to: string) => `${from} ${to}`;
