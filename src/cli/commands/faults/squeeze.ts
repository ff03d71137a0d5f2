import { Command } from 'commander';
import { DevnetError } from '../../../shared/errors.ts';
import { parseMemoryOption, parsePositiveNumberOption } from '../../input/option-parsers.ts';
import { addFaultOptions, type FaultOptions, runFaultCommand } from './fault-command.ts';

interface Options extends FaultOptions {
  cpus?: number;
  memory?: number;
}

export const squeezeCommand = (): Command =>
  addFaultOptions(
    new Command('squeeze')
      .summary('leave a node less processor or memory')
      .argument('<node>', 'name of the node')
      .option('--cpus <cores>', 'cores, as in 0.1', parsePositiveNumberOption)
      .option('--memory <bytes>', 'memory, as in 32m', parseMemoryOption),
  ).action((node: string, { cpus, memory, ...options }: Options) => {
    if (cpus === undefined && memory === undefined)
      throw new DevnetError('usage', 'squeeze what?', { hint: `devnet squeeze ${node} --cpus 0.1 --memory 32m` });
    return runFaultCommand(options, () => ({
      kind: 'squeeze',
      node,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memory === undefined ? {} : { memory }),
    }));
  });
