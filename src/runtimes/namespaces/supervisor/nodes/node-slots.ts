import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CONTROLLER, currentLogTime, type LogEntry, parseLogLine } from '../../../../network/log-entry.ts';
import type { NodeState, NodeStatus } from '../../../../network/network-status.ts';
import type { NodeAddress } from '../../../../network/running-network.ts';
import { findNode } from '../../../../network/send-message.ts';
import { DevnetError } from '../../../../shared/errors.ts';
import type { TopologyNode } from '../../../../topology/index.ts';
import { MergedLog } from '../../../merged-log.ts';
import type { Programs } from '../../supervisor-protocol.ts';
import { nodeBatchFile } from '../network-devices.ts';
import { nodeEnvironment } from '../network-plan.ts';
import { declaredLimits, type NodeLimiter } from './node-limits.ts';
import { NodeProcess } from './node-process.ts';
import { readResourceUsage } from './resource-usage.ts';

/** Lines of a node's log that an error shows. */
const MAX_LOG_LINES = 10;
const KILLED_EXIT_CODE = 137;

/** A declared node, and the process of its last start. */
export interface NodeSlot {
  declared: TopologyNode;
  process: NodeProcess | undefined;
  /** Resolves when the node logs that it listens, as the bundled one does; a dial before that only takes time from it. */
  listening: Promise<void>;
}

export interface NodeSlotsOptions {
  /** Name of the network. */
  network: string;
  /** Id of the run. */
  run: string;
  /** The supervisor's own address. */
  gateway: string;
  programs: Programs;
  /** Working directory of nodes that name none. */
  folder: string;
  limiter: NodeLimiter;
}

/** The nodes of a network with their processes, and the log that these write. */
export class NodeSlots {
  readonly log = new MergedLog();
  /** Called with each node that ends without having been asked to, while the network comes up. */
  onDeath: ((error: DevnetError) => void) | undefined;
  readonly #options: NodeSlotsOptions;
  readonly #slots = new Map<string, NodeSlot>();

  constructor(nodes: readonly TopologyNode[], options: NodeSlotsOptions) {
    this.#options = options;
    this.declare(nodes);
  }

  get all(): NodeSlot[] {
    return [...this.#slots.values()];
  }

  /** Replaces the declared nodes. One that is declared already keeps its process. */
  declare(nodes: readonly TopologyNode[]): void {
    const before = new Map(this.#slots);
    this.#slots.clear();
    for (const declared of nodes) {
      const { process, listening = Promise.resolve() } = before.get(declared.name) ?? {};
      this.#slots.set(declared.name, { declared, process, listening });
    }
  }

  /** @throws DevnetError `no_such_node` */
  find(name: string): NodeSlot {
    const named = () => this.all.map((slot) => ({ ...slot, name: slot.declared.name }));
    return this.#slots.get(name) ?? findNode(this.#options.network, named(), name);
  }

  stateOf(name: string): NodeState {
    const { process } = this.find(name);
    if (process === undefined) return 'created';
    if (process.exitCode !== undefined) return 'exited';
    return process.paused ? 'paused' : 'running';
  }

  /** Returns the process of a node that runs or is paused. @throws DevnetError `no_such_node` */
  running(name: string): NodeProcess | undefined {
    const { process } = this.find(name);
    return process?.exitCode === undefined ? process : undefined;
  }

  /** @throws DevnetError `no_such_node`, `node_unreachable` */
  assertRunning(name: string): NodeProcess {
    const running = this.running(name);
    if (running) return running;
    throw new DevnetError('node_unreachable', `${name} does not run: it is ${this.stateOf(name)}`, {
      hint: `devnet status ${this.#options.network}`,
    });
  }

  /** Starts the process of a node. */
  start(slot: NodeSlot): void {
    const { declared } = slot;
    const { name } = declared;
    const { network, run, gateway, programs, folder, limiter } = this.#options;
    let onListening = () => {};
    slot.listening = new Promise((resolveListening) => {
      onListening = resolveListening;
    });
    const env: Record<string, string> = {
      PATH: globalThis.process.env.PATH ?? '',
      HOME: '/run',
      TMPDIR: '/run',
      ...nodeEnvironment({ name: network, run }, declared, gateway),
    };
    const process: NodeProcess = new NodeProcess(
      {
        name,
        command: declared.command ?? bundledNodeCommand(programs, env),
        folder: resolve(folder, declared.cwd ?? '.'),
        env,
        batch: nodeBatchFile(name),
        limits: limiter.prepare(declared),
      },
      {
        onLine: (stream, line) => {
          const entry = parseLogLine(name, { ...line, stream, time: currentLogTime() });
          this.log.add(entry);
          if (entry.event === 'listening') onListening();
        },
        onExit: (exitCode) => {
          // One that took its place may run by now.
          if (this.#slots.get(name)?.process !== process) return;
          const forMemory = exitCode === KILLED_EXIT_CODE && limiter.wasKilledForMemory(name);
          const fields = {
            of: name,
            exit_code: exitCode,
            ...(forMemory ? { reason: 'used more than its memory' } : {}),
          };
          this.logEvent(exitCode === 0 ? 'info' : 'warn', 'node_ended', fields);
          const how = forMemory
            ? `was killed by the kernel for using more than its memory (exit code ${exitCode})`
            : `ended with exit code ${exitCode}`;
          this.onDeath?.(new DevnetError('node_died', `${name} ${how}${this.lastLines(name)}`));
        },
      },
    );
    slot.process = process;
  }

  /** @param readsUsage whether uptime and memory are read */
  statusOf({ declared, process }: NodeSlot, { host, port }: NodeAddress, readsUsage: boolean): NodeStatus {
    const { name } = declared;
    const { memory: memoryLimit } = declaredLimits(declared);
    const status = {
      name,
      state: this.stateOf(name),
      address: `${host}:${port}`,
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
    };
    if (process === undefined) return status;
    if (process.exitCode !== undefined) return { ...status, exitCode: process.exitCode };
    if (!readsUsage) return status;
    const memory = readResourceUsage(process.pid)?.memory;
    return {
      ...status,
      uptime: (Date.now() - process.startedAt) / 1_000,
      ...(memory === undefined ? {} : { memory }),
    };
  }

  /** Returns the last lines of a node's log as the end of a sentence. */
  lastLines(name: string): string {
    const lines = this.log.entries
      .filter(({ node }) => node === name)
      .slice(-MAX_LOG_LINES)
      .map(({ event, fields }) => (event === 'output' ? String(fields.text) : `${event} ${JSON.stringify(fields)}`));
    return lines.length === 0
      ? ', and wrote nothing'
      : `; its last lines:${lines.map((line) => `\n    ${line}`).join('')}`;
  }

  logEvent(level: LogEntry['level'], event: string, fields: Record<string, unknown>): void {
    this.log.add({ time: currentLogTime(), node: CONTROLLER, level, event, fields });
  }
}

/** Returns the command of the bundled node, from its snapshot where that can be used. */
function bundledNodeCommand({ node, nodeSnapshot }: Programs, env: Record<string, string>): readonly string[] {
  // Options for V8 may differ from those it was made with, and a later version of devnet has replaced it.
  const isUsable = nodeSnapshot !== undefined && env.NODE_OPTIONS === undefined && existsSync(nodeSnapshot);
  return isUsable ? [node[0] as string, '--snapshot-blob', nodeSnapshot] : node;
}
