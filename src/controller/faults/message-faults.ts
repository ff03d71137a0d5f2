import type { MessageFault } from '../../agents/netem/state/link-state.ts';
import {
  type FaultContext,
  type FaultId,
  type Heal,
  idempotentHeal,
  resolveAddresses,
  updateLinkState,
} from './fault-context.ts';

export interface MessageFaultOptions extends Pick<MessageFault, 'action' | 'type' | 'delay'> {
  /** Nodes, by name: only messages that the first sends to the second are hit. */
  from: string;
  to: string;
  /** Chance (0–1) of a message to be hit; 1 without it. */
  probability?: number;
}

/** Drops, delays, repeats, reorders or garbles messages of one type on their way from one node to another. */
export async function injectMessageFault(
  field: FaultContext,
  fault: MessageFaultOptions,
  { name, until }: FaultId,
): Promise<Heal> {
  const [from, to] = resolveAddresses(field.devnet, [fault.from, fault.to]) as [string, string];
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
  await updateLinkState(field, (state) => ({ ...state, messageFaults: [...state.messageFaults, made] }));
  return idempotentHeal(() =>
    updateLinkState(field, (state) => ({
      ...state,
      messageFaults: state.messageFaults.filter(({ fault: other }) => other !== name),
    })),
  );
}
