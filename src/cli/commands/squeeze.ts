import { Command } from 'commander';
import { DevnetError } from '../../errors.ts';
import { carryOut, type FaultOptions, withFaultOptions } from '../fault.ts';
import { bytes, positive } from '../options.ts';

interface Options extends FaultOptions {
  cpus?: number;
  memory?: number;
}

export const squeezeCommand = (): Command =>
  withFaultOptions(
    new Command('squeeze')
      .summary('leave a node less processor or memory')
      .argument('<node>', 'name of the node')
      .option('--cpus <cores>', 'cores, as in 0.1', positive)
      .option('--memory <bytes>', 'memory, as in 32m', bytes),
  ).action((node: string, { cpus, memory, ...options }: Options) => {
    if (cpus === undefined && memory === undefined)
      throw new DevnetError('usage', 'squeeze what?', { hint: `devnet squeeze ${node} --cpus 0.1 --memory 32m` });
    return carryOut(options, () => ({
      kind: 'squeeze',
      node,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memory === undefined ? {} : { memory }),
    }));
  });
