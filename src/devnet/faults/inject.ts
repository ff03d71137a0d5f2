import type { Fault } from '../../scenario/fault.ts';
import type { Field, Heal, Tag } from './field.ts';
import { kill } from './kill.ts';
import { messages } from './messages.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { quality } from './quality.ts';
import { restart } from './restart.ts';
import { squeeze } from './squeeze.ts';
import { stop } from './stop.ts';

/** A fault that was injected. */
export interface Injected {
  name: string;
  fault: Fault;
  heal: Heal;
}

/**
 * Injects a fault; when this returns it is in force.
 * @throws DevnetError `no_such_node`, `links_failed`, `engine_failed`
 */
export async function inject(field: Field, fault: Fault, tag: Tag): Promise<Injected> {
  return { name: tag.name, fault, heal: await begin(field, fault, tag) };
}

/** One line a fault: what each does is in the file of its name. */
function begin(field: Field, fault: Fault, tag: Tag): Promise<Heal> {
  switch (fault.kind) {
    case 'partition':
      return partition(field, fault, tag);
    case 'messages':
      return messages(field, fault, tag);
    case 'link':
      return quality(field, fault);
    case 'kill':
      return kill(field, fault);
    case 'stop':
      return stop(field, fault);
    case 'pause':
      return pause(field, fault);
    case 'restart':
      return restart(field, fault);
    case 'squeeze':
      return squeeze(field, fault);
  }
}
