import type { LinkState } from './link-state.ts';
import type { ClientServer, ShapingPlan } from './shaping-plan.ts';

// A packet between two hosts passes the bridges of both, and what happens to it must happen once: loss, delay and the like where
// it arrives, at the host of the receiver. A connection goes through one proxy, on the host of the node with the lower address.
// Cuts are in force on both hosts, which makes no difference.

/** Returns a state with the conditions that an agent's own host applies. */
export function ownConditions(state: LinkState): LinkState {
  if (state.part === undefined) return state;
  const own = new Set(state.part.nodes);
  const arrivesHere = ({ to }: { to: string }) => own.has(to);
  return {
    ...state,
    conditions: state.conditions.filter(arrivesHere),
    overrides: state.overrides.filter(arrivesHere),
  };
}

/** Returns what an agent's own host does of a plan. Conditions of the proxy stay, wherever the connections are. */
export function ownPlan({ part }: LinkState, plan: ShapingPlan): ShapingPlan {
  if (part === undefined) return plan;
  const own = new Set(part.nodes);
  return {
    ...plan,
    kernel: plan.kernel.filter(({ to }) => own.has(to)),
    intercepted: plan.intercepted.filter((pair) => own.has(proxyNodeOf(pair))),
  };
}

/** Returns the node on whose host the proxy carries the connections of a pair. */
function proxyNodeOf({ client, server }: ClientServer): string {
  return client < server ? client : server;
}

/** Returns whether a state is older than the one that an agent of a network over several hosts has applied. */
export function isOutdated(state: LinkState, current: LinkState | undefined): boolean {
  return (state.part?.version ?? Number.POSITIVE_INFINITY) < (current?.part?.version ?? 0);
}
