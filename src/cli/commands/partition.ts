import { Command } from 'commander';
import type { Observed } from '../../devnet/observe.ts';
import { findNode } from '../../devnet/send.ts';
import { DevnetError } from '../../errors.ts';
import { type Cut, cutsBetween, LEAST, PRESETS, type Preset, presetCuts } from '../../scenario/presets.ts';
import { carryOut, type FaultOptions, withFaultOptions } from '../fault.ts';

interface Options extends FaultOptions {
  oneWay?: true;
}

export const partitionCommand = (): Command =>
  withFaultOptions(
    new Command('partition')
      .summary('cut groups of nodes off from each other')
      .description(
        'Nothing passes between the groups until devnet heal. Groups are separated by a slash, and the nodes of one by commas;\n' +
          `a group's name stands for its nodes. A preset makes them: ${PRESETS.join(', ')}.`,
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
      carryOut(options, (devnet) => ({ kind: 'partition', cuts: cutsOf(devnet, words, options) })),
    );

export const cutCommand = (): Command =>
  withFaultOptions(
    new Command('cut')
      .summary('cut the link between two nodes')
      .description('Nothing passes between the two nodes until devnet heal.')
      .argument('<a>', 'name of a node')
      .argument('<b>', 'name of the other')
      .option('--one-way', 'only from the first to the second'),
  ).action((a: string, b: string, options: Options) =>
    carryOut(options, (devnet) => ({ kind: 'partition', cuts: between([[a], [b]], devnet, options) })),
  );

function cutsOf(devnet: Observed, words: readonly string[], options: Options): Cut[] {
  const text = words.join(' ');
  const preset = PRESETS.find((name) => name === text);
  if (preset) return presetOf(preset, devnet);
  const groups = text.split('/').map((group) => group.split(/[\s,]+/).filter(Boolean));
  if (groups.length < 2 || groups.some((group) => group.length === 0)) {
    throw new DevnetError('usage', `"${text}" is neither groups nor a preset`, {
      hint: `devnet partition a,b / c,d; presets: ${PRESETS.join(', ')}`,
    });
  }
  return between(
    groups.map((group) => group.flatMap((name) => members(devnet, name))),
    devnet,
    options,
  );
}

function presetOf(preset: Preset, { name, nodes }: Observed): Cut[] {
  if (nodes.length < LEAST[preset]) {
    throw new DevnetError('usage', `${preset} needs ${LEAST[preset]} nodes, and "${name}" has ${nodes.length}`, {
      hint: 'name the groups: devnet partition a / b',
    });
  }
  return presetCuts(
    preset,
    nodes.map((node) => node.name),
  );
}

function between(groups: string[][], devnet: Observed, options: Options): Cut[] {
  for (const name of groups.flat()) findNode(devnet, name);
  const twice = groups.flat().find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) throw new DevnetError('usage', `${twice} is on both sides`, { hint: 'name it once' });
  return cutsBetween(groups, options.oneWay);
}

function members(devnet: Observed, name: string): string[] {
  return devnet.nodes.some((node) => node.name === name) ? [name] : (devnet.topology?.groups?.[name] ?? [name]);
}
