import type { LinkState } from '../../../agents/netem/state/link-state.ts';
import { type PlanBasis, planRollout } from '../../../controller/lifecycle/plan.ts';
import { assignAddresses } from '../../../controller/state/address-plan.ts';
import { hashNodeConfig } from '../../../controller/state/node-config.ts';
import type { NodeReport } from '../../../network/links/node-report.ts';
import type { PlanStep } from '../../../network/plan-step.ts';
import type { NodeAddress } from '../../../network/running-network.ts';
import type { Topology } from '../../../topology/index.ts';
import { type AddressPlan, subnetOf } from './network-plan.ts';
import type { NodeSlots } from './nodes/node-slots.ts';

/** A running network, as far as a plan depends on it. */
export interface ChangeInput {
  before: Topology;
  slots: NodeSlots;
  plan: AddressPlan;
  reports: readonly NodeReport[];
  links: LinkState | undefined;
}

/** Returns the steps from a running network to the declared one, by the same plan as for containers. */
export function planChange(topology: Topology, { before, slots, plan, reports, links }: ChangeInput): PlanStep[] {
  const nodes = slots.all.map(({ declared }) => ({
    name: declared.name,
    state: slots.stateOf(declared.name),
    imageId: '',
    configHash: hashNodeConfig(declared),
    address: (plan.addresses.get(declared.name) as NodeAddress).host,
    port: declared.port,
  }));
  const basis: PlanBasis = {
    networkState: {
      topology: before,
      failed: undefined,
      // A network in namespaces is closed, whatever the topology says.
      network: { internal: topology.network.internal, subnet: subnetOf(plan) },
      nodes,
    },
    reports,
    imageIds: new Map(topology.nodes.map(({ name }) => [name, ''])),
    ...(links ? { links } : {}),
  };
  return planRollout(topology, basis);
}

/** Returns the addresses of the declared nodes: those that exist keep theirs. */
export function changeAddresses(topology: Topology, plan: AddressPlan): AddressPlan {
  const nodes = [...plan.addresses].map(([name, { host }]) => ({ name, address: host }));
  const hosts = assignAddresses(topology, subnetOf(plan), { nodes });
  return {
    ...plan,
    addresses: new Map(topology.nodes.map(({ name, port }) => [name, { host: hosts.get(name) as string, port }])),
  };
}
