import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { injectFault } from '../../../controller/faults/inject-fault.ts';
import { findDevnet, type NetworkState } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import type { Fault } from '../../../network/fault.ts';
import { describeFault } from '../../../scenario/model/describe.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkFolder } from '../../input/log-files.ts';
import { parseTimeSpanOption } from '../../input/option-parsers.ts';

export interface FaultOptions {
  name?: string;
  /** Seconds. */
  for?: number;
  as?: string;
}

/** The options that every command which injects a fault has. */
export function addFaultOptions(command: Command): Command {
  return command
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option(
      '--for <time>',
      'wait so long, as in 30s, and take it back; Ctrl-C takes it back at once',
      parseTimeSpanOption,
    )
    .option('--as <fault>', 'name of the fault, for devnet heal and the log');
}

/** Injects a fault and says how to take it back; with `--for`, takes it back when its time is over. */
export async function runFaultCommand(options: FaultOptions, make: (devnet: NetworkState) => Fault): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const fault = make(devnet);
  const name = options.as ?? `${fault.kind}-${randomBytes(2).toString('hex')}`;
  const time = options.for;
  // Links heal by themselves a little later, should this process not live to do it.
  const until = time === undefined ? {} : { until: Date.now() + (time + 2) * 1_000 };
  const { heal } = await injectFault({ engine, devnet }, fault, { name, ...until });
  appendToJournal(devnet.name, { event: 'fault_injected', fault: name, ...fault });
  if (time === undefined) {
    process.stderr.write(`${describeFault(fault)}${healHint(fault, name)}\n`);
    return;
  }
  process.stderr.write(`${describeFault(fault)} for ${time} s\n`);
  const interrupt = handleInterrupt(() => process.exit(130));
  await wait(time * 1_000, undefined, { signal: interrupt.signal }).catch((cause: unknown) => {
    if (!interrupt.signal.aborted) throw cause;
  });
  await heal();
  interrupt.release();
  appendToJournal(devnet.name, { event: 'fault_healed', fault: name });
  process.stderr.write(`healed: ${name}\n`);
}

/** Writes down what was done to a devnet, beside its log, where `up` has left one in this folder. */
export function appendToJournal(devnet: string, entry: Record<string, unknown>): void {
  const folder = networkFolder(devnet);
  if (!existsSync(folder)) return;
  const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
  appendFileSync(join(folder, 'journal.jsonl'), `${line}\n`);
}

function healHint(fault: Fault, name: string): string {
  if (fault.kind === 'restart') return '';
  if (fault.kind === 'link') return `; devnet link ${fault.from} ${fault.to} --clear takes it back`;
  return `; devnet heal ${'node' in fault ? fault.node : name} takes it back`;
}
