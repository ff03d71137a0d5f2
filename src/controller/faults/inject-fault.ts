import type { Fault, FaultHandle, FaultId } from '../../network/fault.ts';
import type { FaultContext, Heal } from './fault-context.ts';
import { injectMessageFault, overrideLinkConditions, partition } from './link-faults.ts';
import { injectNodeFault, limitResources } from './node-faults.ts';

/**
 * Injects a fault. When it returns, the fault is in force.
 * @throws DevnetError `no_such_node`, `links_failed`, `engine_failed`
 */
export async function injectFault(context: FaultContext, fault: Fault, id: FaultId): Promise<FaultHandle> {
  return { name: id.name, fault, heal: await inject(context, fault, id) };
}

function inject(context: FaultContext, fault: Fault, id: FaultId): Promise<Heal> {
  switch (fault.kind) {
    case 'partition':
      return partition(context, fault, id);
    case 'messages':
      return injectMessageFault(context, fault, id);
    case 'link':
      return overrideLinkConditions(context, fault);
    case 'squeeze':
      return limitResources(context, fault);
    default:
      return injectNodeFault(context, fault);
  }
}
