import type { RunTool } from '../../../src/agents/netem/kernel/run-tool.ts';
import { NetemError } from '../../../src/agents/netem/shared/reporting.ts';
import type { LinkNode } from '../../../src/agents/netem/state/link-state.ts';

const BRIDGE_MAC = '02:42:00:00:00:01';
const ROOT = /^qdisc replace dev (\S+) root handle (\S+) (\S+)/;
const CLASS = /^class replace dev (\S+) parent \S+ classid (\S+) (.*)$/;
const LEAF = /^qdisc replace dev (\S+) parent (\S+) (.*)$/;
const CLASS_REMOVAL = /^class del dev (\S+) classid (\S+)$/;
const ROOT_REMOVAL = /^qdisc del dev (\S+) root handle (\S+)$/;

/** A port of the bridge with queues of ours: options of each class, and of the queue below it. */
interface Port {
  handle: string;
  classes: Map<string, { options: string; leaf?: string }>;
}

/** As much of a kernel as link states change: nft's tables and the queues of a bridge's ports, in the tools' own words. */
export class SimulatedKernel {
  readonly #bridge: string;
  readonly #nodes: readonly LinkNode[];
  readonly #modules: readonly string[];
  readonly #tables = new Map<string, string>();
  readonly #ports = new Map<string, Port | undefined>();

  /**
   * @param nodes each has a port of its own
   * @param modules queues that the kernel has
   */
  constructor(bridge: string, nodes: readonly LinkNode[], modules: readonly string[] = ['htb', 'netem']) {
    this.#bridge = bridge;
    this.#nodes = nodes;
    this.#modules = modules;
    for (const { name } of nodes) this.addPort(name);
  }

  /** Returns everything in the kernel, as text that is equal for equal contents. */
  dump(): string[] {
    const queues = [...this.#ports].flatMap(([dev, port]) => {
      if (port === undefined) return [];
      const classes = [...port.classes].map(([id, { options, leaf }]) => `${dev} ${id} ${options} ${leaf}`);
      return [`${dev} root ${port.handle}`, ...classes];
    });
    return [...this.#tables.values(), ...queues].sort();
  }

  /** Adds the port of a node, as when the node starts. */
  addPort(node: string): void {
    this.#ports.set(`veth-${node}`, undefined);
  }

  /** Removes the port of a node, as when the node ends. */
  removePort(node: string): void {
    this.#ports.delete(`veth-${node}`);
  }

  /** Runs a tool on this kernel. @throws NetemError for what it does not have */
  readonly run: RunTool = async (tool, args, input = '') => {
    const command = [tool, ...args].join(' ');
    if (command === 'nft -f -') return this.#runScript(input);
    if (command === 'nft -j list chains') return JSON.stringify({ nftables: this.#listChains() });
    if (command === 'tc -batch -') return this.#runBatch(input);
    if (command === 'tc -j qdisc show') return JSON.stringify(this.#listQueues());
    if (command === 'ip -j link show type veth')
      return JSON.stringify([...this.#ports.keys()].map((ifname) => ({ ifname, master: this.#bridge })));
    if (command === 'ip -j link show type bridge') return JSON.stringify([{ ifname: this.#bridge }]);
    if (command === `ip -j link show dev ${this.#bridge}`) return JSON.stringify([{ address: BRIDGE_MAC }]);
    if (command.startsWith('bridge -j fdb'))
      return JSON.stringify(
        this.#nodes.flatMap(({ name, mac }) =>
          this.#ports.has(`veth-${name}`) ? [{ mac, ifname: `veth-${name}`, state: '' }] : [],
        ),
      );
    const module = /^tc qdisc add dev \S+ root (\w+)/.exec(command)?.[1];
    if (module !== undefined && !this.#modules.includes(module)) throw new NetemError(`${module} is unknown`);
    return '';
  };

  #runScript(script: string): string {
    // A table ends with the next bracket that is not indented.
    for (const [statement, , key] of script.matchAll(/^(table|delete table) (\w+ [^\s{]+)(?: \{\n[\s\S]*?^\})?/gm)) {
      if (statement.startsWith('delete')) this.#tables.delete(key as string);
      else if (statement.endsWith('}')) this.#tables.set(key as string, statement);
    }
    return '';
  }

  #listChains(): object[] {
    return [...this.#tables].flatMap(([key, text]) => {
      const [family, table] = key.split(' ');
      return [...text.matchAll(/^ {2}chain (\S+)/gm)].map(([, name]) => ({ chain: { family, table, name } }));
    });
  }

  #listQueues(): object[] {
    return [...this.#ports].flatMap(([dev, port]) => {
      if (port === undefined) return [{ dev, kind: 'noqueue', handle: '0:', root: true }];
      const leaves = [...port.classes.keys()].map((parent) => ({ dev, kind: 'bfifo', handle: '8001:', parent }));
      return [{ dev, kind: 'htb', handle: port.handle, root: true }, ...leaves];
    });
  }

  #runBatch(batch: string): string {
    for (const line of batch.split('\n').filter((text) => text !== '')) this.#runLine(line);
    return '';
  }

  #runLine(line: string): void {
    const [root, added, leaf] = [ROOT.exec(line), CLASS.exec(line), LEAF.exec(line)];
    const [classRemoval, rootRemoval] = [CLASS_REMOVAL.exec(line), ROOT_REMOVAL.exec(line)];
    const dev = / dev (\S+)/.exec(line)?.[1] ?? '';
    if (!this.#ports.has(dev)) throw new NetemError(`tc: Cannot find device "${dev}"`);
    if (root) return void this.#ports.set(root[1] as string, { handle: root[2] as string, classes: new Map() });
    if (rootRemoval) {
      this.#portOf(rootRemoval[1], line);
      return void this.#ports.set(rootRemoval[1] as string, undefined);
    }
    const { classes } = this.#portOf((added ?? leaf ?? classRemoval)?.[1], line);
    if (added)
      return void classes.set(added[2] as string, { ...classes.get(added[2] as string), options: added[3] as string });
    const existing = classes.get((leaf ?? classRemoval)?.[2] as string);
    if (existing === undefined) throw new NetemError(`no such class: ${line}`);
    if (leaf) existing.leaf = leaf[3] as string;
    else classes.delete(classRemoval?.[2] as string);
  }

  #portOf(dev: string | undefined, line: string): Port {
    const port = this.#ports.get(dev ?? '');
    if (port === undefined) throw new NetemError(`no queue of ours: ${line}`);
    return port;
  }
}
