import { attachNetwork } from '../../../runtimes/find-networks.ts';
import {
  cutsBetween,
  cutsForPreset,
  MIN_PRESET_NODES,
  PARTITION_PRESETS,
  type PartitionCut,
  type PartitionPreset,
} from '../../../scenario/model/partition-presets.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { formatList } from '../../../shared/text.ts';
import type { Topology } from '../../../topology/index.ts';
import { selectByFirstWord } from '../../input/select-network.ts';
import { type FaultOptions, injectAndReport, runFaultCommand } from './inject-and-report.ts';

interface Options extends FaultOptions {
  oneWay?: true;
}

export async function runPartition(groups: string[], options: Options): Promise<void> {
  const { name, words } = await selectByFirstWord(groups, options.name);
  const network = await attachNetwork(name);
  const cuts = parsePartitionArguments(network.topology, words.join(' '), options.oneWay);
  await injectAndReport(network, { kind: 'partition', cuts }, options);
}

export function runCut(a: string, b: string, options: Options): Promise<void> {
  return runFaultCommand([a, b], options, (nodes, network) => ({
    kind: 'partition',
    cuts: parsePartitionArguments(network.topology, nodes.join(' / '), options.oneWay),
  }));
}

/**
 * Returns the cuts of groups, as in `n1,n2 / n3`, or of a preset.
 * @throws DevnetError `usage`, `no_such_node`
 */
export function parsePartitionArguments(topology: Topology, text: string, oneWay = false): PartitionCut[] {
  const preset = PARTITION_PRESETS.find((name) => name === text);
  if (preset) return cutsOfPreset(preset, topology, oneWay);
  const named = text.split('/').map((group) => group.split(/[\s,]+/).filter(Boolean));
  if (named.length < 2 || named.some((group) => group.length === 0)) {
    throw new DevnetError('usage', `"${text}" is neither groups of nodes nor a preset`, {
      hint: `devnet partition a,b / c,d; presets: ${PARTITION_PRESETS.join(', ')}`,
    });
  }
  const groups = named.map((group) => group.flatMap((name) => membersOf(topology, name)));
  const nodes = groups.flat();
  const names = topology.nodes.map(({ name }) => name);
  const unknown = nodes.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new DevnetError('no_such_node', `"${topology.name}" has no node "${unknown}"`, {
      hint: `its nodes: ${formatList(names, { max: 12 })}`,
    });
  }
  const repeated = nodes.find((name, index) => nodes.indexOf(name) !== index);
  if (repeated !== undefined) throw new DevnetError('usage', `${repeated} is on both sides`, { hint: 'name it once' });
  return cutsBetween(groups, oneWay);
}

function cutsOfPreset(preset: PartitionPreset, { name, nodes }: Topology, oneWay: boolean): PartitionCut[] {
  if (nodes.length < MIN_PRESET_NODES[preset]) {
    throw new DevnetError(
      'usage',
      `${preset} needs ${MIN_PRESET_NODES[preset]} nodes, and "${name}" has ${nodes.length}`,
      { hint: 'name the groups: devnet partition a / b' },
    );
  }
  if (oneWay && preset === 'majorities-ring') {
    throw new DevnetError('usage', `${preset} has no first group: --one-way needs groups that are apart`, {
      hint: 'devnet partition halves --one-way',
    });
  }
  return cutsForPreset(
    preset,
    nodes.map((node) => node.name),
    oneWay,
  );
}

/** Returns the members of a group of the topology; any other name is a node's. */
function membersOf({ nodes, groups }: Topology, name: string): string[] {
  return nodes.some((node) => node.name === name) ? [name] : (groups?.[name] ?? [name]);
}
