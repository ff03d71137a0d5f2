import { listActiveFaults } from '../../../controller/faults/active-faults.ts';
import { assertFaultsKnown, healLinks } from '../../../controller/faults/heal-links.ts';
import { type InjectionResult, idempotentHeal } from '../../../controller/faults/injection.ts';
import { injectLinkFault, type LinkFault } from '../../../controller/faults/link-faults.ts';
import { cutLookup } from '../../../controller/links/cut-lookup.ts';
import type { LinkAccess } from '../../../controller/links/link-access.ts';
import { assertSupported, faultRequirements } from '../../../network/capabilities.ts';
import {
  type ActiveFault,
  type Fault,
  type FaultHandle,
  type FaultId,
  type HealResult,
  type HealTarget,
  isLinkFault,
} from '../../../network/fault.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import type { NetemLinks } from './netem-links.ts';
import type { NodeLimiter } from './nodes/node-limits.ts';
import type { NodeSlots } from './nodes/node-slots.ts';

type NodeFault = Exclude<Fault, LinkFault>;

/** Objects that faults act on. */
export interface FaultTargets {
  network: Pick<RunningNetwork, 'name' | 'runtime' | 'topology' | 'kill' | 'stop' | 'pause' | 'start' | 'restart'>;
  slots: NodeSlots;
  netem: NetemLinks;
  limiter: NodeLimiter;
  links: () => LinkAccess;
}

/** Faults of a network in namespaces. */
export class NamespaceFaults {
  readonly #on: FaultTargets;

  constructor(targets: FaultTargets) {
    this.#on = targets;
  }

  async prepare(faults: readonly Fault[]): Promise<void> {
    this.#assertSupported(faults);
    if (faults.some(isLinkFault)) await this.#on.netem.openAgent();
  }

  async inject(fault: Fault, id: FaultId): Promise<FaultHandle> {
    this.#assertSupported([fault]);
    const injected = isLinkFault(fault)
      ? await injectLinkFault(this.#on.links(), fault as LinkFault, id)
      : await this.#injectIntoNode(fault as NodeFault);
    return { name: id.name, fault, ...injected };
  }

  async heal(targets?: readonly HealTarget[]): Promise<HealResult> {
    const { network, slots, netem, limiter } = this.#on;
    const names = targets?.filter((target) => typeof target === 'string');
    const links = this.#on.links();
    const directions = (targets ?? []).flatMap((target) =>
      typeof target === 'string' ? [] : `${links.addressOf(target.from)} ${links.addressOf(target.to)}`,
    );
    const state = await netem.state();
    if (names) assertFaultsKnown(network.name, network.topology.nodes, state, names);
    const isNamed = (name: string) => names === undefined || names.includes(name);
    const healed = state ? await healLinks(links, targets && isNamed, directions) : { names: [], links: [] };
    const nodes = await Promise.all(
      slots.all.map(async ({ declared }) => {
        const { name } = declared;
        if (!isNamed(name)) return [];
        const wereLimited = limiter.restore(declared);
        const isDown = slots.stateOf(name) !== 'running';
        if (isDown) await network.start(name);
        return wereLimited || isDown ? [name] : [];
      }),
    );
    return { ...healed, names: [...healed.names, ...nodes.flat()] };
  }

  async active(): Promise<ActiveFault[]> {
    const state = await this.#on.netem.state();
    return state ? listActiveFaults(state) : [];
  }

  /** Returns a function that returns the name of the fault that cuts a link. */
  async cutLookup(): Promise<ReturnType<typeof cutLookup>> {
    const state = await this.#on.netem.state();
    return state ? cutLookup(state) : () => undefined;
  }

  async #injectIntoNode(fault: NodeFault): Promise<InjectionResult> {
    const { network } = this.#on;
    const { kind, node } = fault;
    if (kind === 'squeeze') return this.#squeeze(fault);
    await network[kind](node);
    return { heal: idempotentHeal(() => network.start(node)) };
  }

  #squeeze(fault: Extract<Fault, { kind: 'squeeze' }>): InjectionResult {
    const { slots, limiter } = this.#on;
    const { declared } = slots.find(fault.node);
    const warning = limiter.squeeze(fault, declared, slots.assertRunning(fault.node).pid ?? 0);
    const heal = idempotentHeal(async () => void limiter.restore(declared));
    return { heal, ...(warning === undefined ? {} : { warning }) };
  }

  #assertSupported(faults: readonly Fault[]): void {
    const { network, limiter } = this.#on;
    assertSupported(network.runtime, faultRequirements(faults));
    limiter.assertSqueezable(faults);
  }
}
