import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { inject } from '../devnet/faults/inject.ts';
import { findDevnet, type Observed } from '../devnet/observe.ts';
import { connectEngine } from '../engine/engine.ts';
import type { Fault } from '../scenario/fault.ts';
import { describeFault } from '../scenario/words.ts';
import { takeInterrupt } from './interrupt.ts';
import { logFolder } from './log-file.ts';
import { span } from './options.ts';

export interface FaultOptions {
  name?: string;
  /** Seconds. */
  for?: number;
  as?: string;
}

/** The options that every command which injects a fault has. */
export function withFaultOptions(command: Command): Command {
  return command
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option('--for <time>', 'wait so long, as in 30s, and take it back; Ctrl-C takes it back at once', span)
    .option('--as <fault>', 'name of the fault, for devnet heal and the log');
}

/** Injects a fault and says how to take it back; with `--for`, takes it back when its time is over. */
export async function carryOut(options: FaultOptions, make: (devnet: Observed) => Fault): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const fault = make(devnet);
  const name = options.as ?? `${fault.kind}-${randomBytes(2).toString('hex')}`;
  const time = options.for;
  // Links heal by themselves a little later, should this process not live to do it.
  const until = time === undefined ? {} : { until: Date.now() + (time + 2) * 1_000 };
  const { heal } = await inject({ engine, devnet }, fault, { name, ...until });
  journal(devnet.name, { event: 'fault_injected', fault: name, ...fault });
  if (time === undefined) {
    process.stderr.write(`${describeFault(fault)}${wayBack(fault, name)}\n`);
    return;
  }
  process.stderr.write(`${describeFault(fault)} for ${time} s\n`);
  const interrupt = takeInterrupt(() => process.exit(130));
  await wait(time * 1_000, undefined, { signal: interrupt.signal }).catch((cause: unknown) => {
    if (!interrupt.signal.aborted) throw cause;
  });
  await heal();
  interrupt.release();
  journal(devnet.name, { event: 'fault_healed', fault: name });
  process.stderr.write(`healed: ${name}\n`);
}

/** Writes down what was done to a devnet, beside its log, where `up` has left one in this folder. */
export function journal(devnet: string, entry: Record<string, unknown>): void {
  const folder = logFolder(devnet);
  if (!existsSync(folder)) return;
  const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
  appendFileSync(join(folder, 'journal.jsonl'), `${line}\n`);
}

function wayBack(fault: Fault, name: string): string {
  if (fault.kind === 'restart') return '';
  if (fault.kind === 'link') return `; devnet link ${fault.from} ${fault.to} --clear takes it back`;
  return `; devnet heal ${'node' in fault ? fault.node : name} takes it back`;
}
