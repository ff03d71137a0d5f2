import type { Fault } from '../../network/fault.ts';
import type { FaultContext, FaultId, Heal } from './fault-context.ts';
import { kill } from './kill.ts';
import { limitResources } from './limit-resources.ts';
import { overrideLinkConditions } from './link-conditions.ts';
import { injectMessageFault } from './message-faults.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { restart } from './restart.ts';
import { stop } from './stop.ts';

/** A fault that was injected. */
export interface InjectedFault {
  name: string;
  fault: Fault;
  heal: Heal;
}

/**
 * Injects a fault; when this returns it is in force.
 * @throws DevnetError `no_such_node`, `links_failed`, `engine_failed`
 */
export async function injectFault(field: FaultContext, fault: Fault, tag: FaultId): Promise<InjectedFault> {
  return { name: tag.name, fault, heal: await startFault(field, fault, tag) };
}

/** One line a fault: what each does is in the file of its name. */
function startFault(field: FaultContext, fault: Fault, tag: FaultId): Promise<Heal> {
  switch (fault.kind) {
    case 'partition':
      return partition(field, fault, tag);
    case 'messages':
      return injectMessageFault(field, fault, tag);
    case 'link':
      return overrideLinkConditions(field, fault);
    case 'kill':
      return kill(field, fault);
    case 'stop':
      return stop(field, fault);
    case 'pause':
      return pause(field, fault);
    case 'restart':
      return restart(field, fault);
    case 'squeeze':
      return limitResources(field, fault);
  }
}
