import type { MessageFault } from '../../links/state.ts';
import { addressesOf, changeLinks, type Field, type Heal, once, type Tag } from './field.ts';

export interface Messages extends Pick<MessageFault, 'action' | 'type' | 'delay'> {
  /** Nodes, by name: only messages that the first sends to the second are hit. */
  from: string;
  to: string;
  /** Chance (0–1) of a message to be hit; 1 without it. */
  probability?: number;
}

/** Drops, delays, repeats, reorders or garbles messages of one type on their way from one node to another. */
export async function messages(field: Field, fault: Messages, { name, until }: Tag): Promise<Heal> {
  const [from, to] = addressesOf(field.devnet, [fault.from, fault.to]) as [string, string];
  const made: MessageFault = {
    fault: name,
    from,
    to,
    action: fault.action,
    probability: fault.probability ?? 1,
    ...(fault.type === undefined ? {} : { type: fault.type }),
    ...(fault.delay === undefined ? {} : { delay: fault.delay }),
    ...(until === undefined ? {} : { until }),
  };
  await changeLinks(field, (state) => ({ ...state, messageFaults: [...state.messageFaults, made] }));
  return once(() =>
    changeLinks(field, (state) => ({
      ...state,
      messageFaults: state.messageFaults.filter(({ fault: other }) => other !== name),
    })),
  );
}
