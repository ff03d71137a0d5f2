import { createToolRunner } from '../../../agents/netem/kernel/run-tool.ts';
import { watchBridges } from '../../../agents/netem/kernel/watch-bridges.ts';
import { watchDials } from '../../../agents/netem/kernel/watch-dials.ts';
import { createLinkController, type LinkController } from '../../../agents/netem/link-controller.ts';
import type { LogFunction } from '../../../agents/netem/shared/reporting.ts';
import type { LinkState } from '../../../agents/netem/state/link-state.ts';
import { listLinkConditions } from '../../../controller/links/declared-link-state.ts';
import type { AppliedLinkState, LinkAgent } from '../../../controller/links/link-access.ts';
import type { ActiveLinkConditions } from '../../../network/fault.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import type { Link } from '../../../topology/index.ts';
import { assertLinkTools } from '../preflight.ts';

/** The netem agent of a network, in this process: its namespace is the one that holds the bridge. Nothing runs until it is used. */
export class NetemLinks {
  readonly #devnet: string;
  readonly #log: LogFunction;
  #controller: LinkController | undefined;
  #unwatch = () => {};

  constructor(devnet: string, log: LogFunction) {
    this.#devnet = devnet;
    this.#log = log;
  }

  /** Returns the link state in force; undefined while there has been none. */
  async state(): Promise<LinkState | undefined> {
    return (await this.#controller?.read())?.state;
  }

  /** Lists the conditions in force of links, and of other pairs of nodes that have any, nodes by name. */
  async conditions(links: readonly Link[]): Promise<ActiveLinkConditions[]> {
    const { state, proxied } = (await this.#controller?.read()) ?? {};
    return state ? listLinkConditions(state, proxied ?? [], links) : [];
  }

  async openAgent(): Promise<LinkAgent> {
    const controller = this.#start();
    return {
      current: await controller.read(),
      apply: async (state, revision) => (await this.#apply(state, revision)) ?? { conflict: await controller.read() },
    };
  }

  /** Returns the agent's report: its link state, and its rules and queues in the kernel. */
  async report(): Promise<object> {
    return (await this.#controller?.show()) ?? {};
  }

  close(): void {
    this.#unwatch();
  }

  async #apply(state: LinkState, revision?: string): Promise<AppliedLinkState | undefined> {
    try {
      const applied = await this.#start().apply(state, revision);
      const proxied = applied?.plan.proxy.map(({ from, to }) => ({ from, to })) ?? [];
      return applied && { ...applied, proxied };
    } catch (cause) {
      throw new DevnetError('links_failed', `the links could not be changed: ${describeError(cause)}`, {
        hint: "devnet link shows what is in force, devnet logs the netem agent's output",
        cause,
      });
    }
  }

  #start(): LinkController {
    if (this.#controller) return this.#controller;
    assertLinkTools();
    const [run, log] = [createToolRunner(), this.#log];
    const controller = createLinkController({
      run,
      log,
      watchDials: (devnet, onDial) => watchDials({ run, tools: undefined, log }, devnet, onDial),
      devnet: this.#devnet,
      save: async () => {}, // The state lives as long as this process, and the network does not outlive it.
    });
    this.#unwatch = watchBridges(undefined, controller.onMacLearned, log);
    this.#controller = controller;
    return controller;
  }
}
