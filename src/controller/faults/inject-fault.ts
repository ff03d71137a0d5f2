import { faultRequirements } from '../../network/capabilities.ts';
import type { Fault, FaultHandle, FaultId } from '../../network/fault.ts';
import { assertEngineSupports } from '../state/engine-support.ts';
import type { FaultContext, InjectionResult } from './fault-context.ts';
import { injectMessageFault, overrideLinkConditions, partition } from './link-faults.ts';
import { injectNodeFault, limitResources } from './node-faults.ts';

/**
 * Injects a fault. When it returns, the fault is in force.
 * @throws UnsupportedError for what this engine cannot do
 * @throws DevnetError `no_such_node`, `links_failed`, `engine_failed`
 */
export async function injectFault(context: FaultContext, fault: Fault, id: FaultId): Promise<FaultHandle> {
  await assertEngineSupports(context.engine, faultRequirements([fault]));
  return { name: id.name, fault, ...(await inject(context, fault, id)) };
}

async function inject(context: FaultContext, fault: Fault, id: FaultId): Promise<InjectionResult> {
  switch (fault.kind) {
    case 'partition':
      return partition(context, fault, id);
    case 'messages':
      return injectMessageFault(context, fault, id);
    case 'link':
      return overrideLinkConditions(context, fault, id);
    case 'squeeze':
      return { heal: await limitResources(context, fault) };
    default:
      return { heal: await injectNodeFault(context, fault) };
  }
}
