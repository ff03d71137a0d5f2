import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createToolRunner, type RunTool } from '../../../agents/netem/kernel/run-tool.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import type { Link } from '../../../topology/index.ts';
import { SUPERVISOR_FOLDER } from '../launch-scripts.ts';
import {
  type AddressPlan,
  bridgeBatch,
  cablesBatch,
  forwardingBatch,
  hostsFile,
  nodeBatch,
  peersByNode,
  removalBatch,
} from './network-plan.ts';

const execute = promisify(execFile);

const NODE_FOLDER = join(SUPERVISOR_FOLDER, 'nodes');
const HOSTS_FILE = join(SUPERVISOR_FOLDER, 'hosts');

/** Returns the path of the batch that sets a node's interfaces up. */
export const nodeBatchFile = (node: string): string => join(NODE_FOLDER, node);

/** Nodes that are made by one process: while it makes the next ones, they start. */
const NODES_PER_BATCH = 16;

/** The bridge of a network, and a namespace with a cable to it for each node. */
export class NetworkDevices {
  readonly #runTool: RunTool = createToolRunner();
  #made: ReadonlyMap<string, Promise<void>> = new Map();

  /**
   * Makes the bridge, and begins to make the cables of all nodes.
   * @throws DevnetError `host_limit`
   */
  async create(plan: AddressPlan, links: readonly Link[]): Promise<void> {
    await mkdir(NODE_FOLDER);
    await Promise.all([this.#shareHosts(plan), this.#run('ip', bridgeBatch(plan))]);
    this.#make(plan, [...plan.addresses.keys()], links);
  }

  /** Begins to make the cables of more nodes. */
  async add(plan: AddressPlan, nodes: readonly string[], links: readonly Link[]): Promise<void> {
    await this.#writeHosts(plan);
    this.#make(plan, nodes, links);
  }

  /** Resolves when a node can start; by default, when all can. @throws DevnetError `host_limit` */
  async made(node?: string): Promise<void> {
    await (node === undefined ? Promise.all(this.#made.values()) : this.#made.get(node));
  }

  /** Removes the cables and namespaces of nodes that have ended. */
  async remove(plan: AddressPlan, nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) await this.#runTool('ip', ['-batch', '-'], removalBatch(plan, nodes));
  }

  #make(plan: AddressPlan, nodes: readonly string[], links: readonly Link[]): void {
    const made = new Map<string, Promise<void>>();
    const peers = peersByNode(links);
    let previous = Promise.resolve();
    for (let first = 0; first < nodes.length; first += NODES_PER_BATCH) {
      const batch = nodes.slice(first, first + NODES_PER_BATCH);
      previous = previous.then(() => this.#makeBatch(plan, batch, peers));
      previous.catch(() => {}); // Thrown by made().
      for (const node of batch) made.set(node, previous);
    }
    this.#made = made;
  }

  async #makeBatch(
    plan: AddressPlan,
    nodes: readonly string[],
    peers: ReadonlyMap<string, Iterable<string>>,
  ): Promise<void> {
    for (const name of nodes) writeFileSync(nodeBatchFile(name), nodeBatch(plan, name, peers.get(name) ?? []));
    await this.#run('ip', cablesBatch(plan, nodes));
    await this.#run('bridge', forwardingBatch(plan, nodes));
  }

  async #run(tool: 'ip' | 'bridge', batch: string): Promise<void> {
    try {
      await this.#runTool(tool, ['-batch', '-'], batch);
    } catch (cause) {
      throw new DevnetError('host_limit', `the network could not be made: ${describeError(cause)}`, { cause });
    }
  }

  /** Replaces /etc/hosts in the mount namespace of this process, which every node's is made from. */
  async #shareHosts(plan: AddressPlan): Promise<void> {
    await this.#writeHosts(plan);
    await execute('mount', ['--bind', HOSTS_FILE, '/etc/hosts']);
    await execute('mount', ['-o', 'remount,bind,ro', '/etc/hosts']);
  }

  /** Writes the file in place, so that the nodes that have it see the change. */
  async #writeHosts(plan: AddressPlan): Promise<void> {
    await writeFile(HOSTS_FILE, hostsFile(plan));
  }
}
