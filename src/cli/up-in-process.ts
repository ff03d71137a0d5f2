import { randomUUID } from 'node:crypto';
import { DevnetError } from '../errors.ts';
import type { Backend } from '../library/backend.ts';
import { upInProcess } from '../library/process-backend.ts';
import { refusal } from '../library/refusal.ts';
import type { Topology } from '../topology/index.ts';
import { count, duration, paint } from './format.ts';
import { takeInterrupt } from './interrupt.ts';
import { tailLog } from './log-tail.ts';

interface Options {
  detach?: true;
  keep?: true;
  /** Seconds. */
  timeout: number;
  json?: true;
}

/**
 * Runs the nodes in this process, on loopback: without an engine, and seen by no other command, for what they are is nowhere
 * but here. Shows their log until Ctrl-C.
 * @throws DevnetError `usage`, naming all that is asked for and only containers can have
 */
export async function upHere(topology: Topology, options: Options): Promise<void> {
  const began = performance.now();
  const interrupt = takeInterrupt(() => process.exit(130));
  const { signal } = interrupt;
  const backend = await make(topology, options, signal);
  try {
    const nodes = (await backend.nodes()).map(({ name, host, port }) => ({ name, address: host, port }));
    process.stderr.write(told(topology, nodes, (performance.now() - began) / 1_000));
    const logged = { name: topology.name, run: randomUUID(), nodes };
    await tailLog(logged, backend.entries({ follow: true, signal }), options.json === true);
  } finally {
    await backend.down();
    interrupt.release();
  }
  const mark = paint('green', '✔', process.stderr);
  process.stderr.write(`\n${mark} ${topology.name} is down: ${count(topology.nodes.length, 'node')} ended\n`);
}

async function make(topology: Topology, options: Options, signal: AbortSignal): Promise<Backend> {
  try {
    // Where nodes are part of a process, they end with it.
    if (options.detach) throw refusal('--detach');
    if (options.keep) throw refusal('--keep');
    return await upInProcess(topology, { timeout: options.timeout * 1_000, signal });
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'usage') throw cause;
    throw new DevnetError('usage', cause.message, { hint: 'devnet up --engine containers can', cause });
  }
}

function told({ name, links }: Topology, nodes: readonly { address: string; port: number }[], elapsed: number): string {
  const mark = paint('green', '✔', process.stderr);
  const [first, last] = [nodes[0], nodes.at(-1)].map((node) => `${node?.address}:${node?.port}`);
  const all = count(nodes.length, 'node');
  return [
    `${mark} nodes    ${nodes.length} of ${nodes.length} listening, ${nodes.length === 1 ? first : `${first} to ${last}`}`,
    `${mark} links    ${links.length} of ${links.length} verified`,
    `${mark} ${name} is up and verified, in this process: ${all}, ${count(links.length, 'link')} seen, in ${duration(elapsed)}`,
    `  ${paint('gray', 'commands that ask an engine, as status and send do, do not see it; its nodes are dialed at their addresses', process.stderr)}`,
    '',
  ].join('\n');
}
