import { Command } from 'commander';
import { findNode } from '../../../controller/peers/send-message.ts';
import type { NetworkState } from '../../../controller/state/network-state.ts';
import {
  cutsBetween,
  cutsForPreset,
  MIN_PRESET_NODES,
  PARTITION_PRESETS,
  type PartitionCut,
  type PartitionPreset,
} from '../../../scenario/model/partition-presets.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { addFaultOptions, type FaultOptions, runFaultCommand } from './fault-command.ts';

interface Options extends FaultOptions {
  oneWay?: true;
}

export const partitionCommand = (): Command =>
  addFaultOptions(
    new Command('partition')
      .summary('cut groups of nodes off from each other')
      .description(
        'Nothing passes between the groups until devnet heal. Groups are separated by a slash, and the nodes of one by commas;\n' +
          `a group's name stands for its nodes. A preset makes them: ${PARTITION_PRESETS.join(', ')}.`,
      )
      .argument('<groups...>', 'a,b / c,d — or a preset')
      .option('--one-way', 'only from the first group to the others: the way back stays open'),
  )
    .addHelpText(
      'after',
      `
Examples:
  devnet partition n1,n2 / n3,n4
  devnet partition eu / us --for 30s
  devnet partition halves`,
    )
    .action((words: string[], options: Options) =>
      runFaultCommand(options, (devnet) => ({ kind: 'partition', cuts: parseCuts(devnet, words, options) })),
    );

export const cutCommand = (): Command =>
  addFaultOptions(
    new Command('cut')
      .summary('cut the link between two nodes')
      .description('Nothing passes between the two nodes until devnet heal.')
      .argument('<a>', 'name of a node')
      .argument('<b>', 'name of the other')
      .option('--one-way', 'only from the first to the second'),
  ).action((a: string, b: string, options: Options) =>
    runFaultCommand(options, (devnet) => ({
      kind: 'partition',
      cuts: checkedCutsBetween([[a], [b]], devnet, options),
    })),
  );

function parseCuts(devnet: NetworkState, words: readonly string[], options: Options): PartitionCut[] {
  const text = words.join(' ');
  const preset = PARTITION_PRESETS.find((name) => name === text);
  if (preset) return cutsOfPreset(preset, devnet);
  const groups = text.split('/').map((group) => group.split(/[\s,]+/).filter(Boolean));
  if (groups.length < 2 || groups.some((group) => group.length === 0)) {
    throw new DevnetError('usage', `"${text}" is neither groups nor a preset`, {
      hint: `devnet partition a,b / c,d; presets: ${PARTITION_PRESETS.join(', ')}`,
    });
  }
  return checkedCutsBetween(
    groups.map((group) => group.flatMap((name) => groupMembers(devnet, name))),
    devnet,
    options,
  );
}

function cutsOfPreset(preset: PartitionPreset, { name, nodes }: NetworkState): PartitionCut[] {
  if (nodes.length < MIN_PRESET_NODES[preset]) {
    throw new DevnetError(
      'usage',
      `${preset} needs ${MIN_PRESET_NODES[preset]} nodes, and "${name}" has ${nodes.length}`,
      {
        hint: 'name the groups: devnet partition a / b',
      },
    );
  }
  return cutsForPreset(
    preset,
    nodes.map((node) => node.name),
  );
}

function checkedCutsBetween(groups: string[][], devnet: NetworkState, options: Options): PartitionCut[] {
  for (const name of groups.flat()) findNode(devnet, name);
  const twice = groups.flat().find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) throw new DevnetError('usage', `${twice} is on both sides`, { hint: 'name it once' });
  return cutsBetween(groups, options.oneWay);
}

function groupMembers(devnet: NetworkState, name: string): string[] {
  return devnet.nodes.some((node) => node.name === name) ? [name] : (devnet.topology?.groups?.[name] ?? [name]);
}
