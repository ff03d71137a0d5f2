import { faultRequirements } from '../../network/capabilities.ts';
import type { Fault, FaultHandle, FaultId } from '../../network/fault.ts';
import { containerLinks } from '../links/container-links.ts';
import { assertEngineSupports } from '../state/engine-support.ts';
import type { FaultContext } from './fault-context.ts';
import type { InjectionResult } from './injection.ts';
import { injectLinkFault } from './link-faults.ts';
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
    case 'messages':
    case 'link':
      return injectLinkFault(containerLinks(context.engine, context.devnet), fault, id);
    case 'squeeze':
      return { heal: await limitResources(context, fault) };
    default:
      return { heal: await injectNodeFault(context, fault) };
  }
}
