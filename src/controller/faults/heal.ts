import type { LinkState } from '../../agents/netem/state/link-state.ts';
import { diffLinkStates } from '../../agents/netem/state/state-changes.ts';
import { describeLinks } from '../../scenario/model/describe.ts';
import { DevnetError } from '../../shared/errors.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { declaredLinkState, readLinkState } from '../links/netem-agent.ts';
import { findDevnet } from '../state/network-state.ts';
import { type FaultContext, updateLinkState } from './fault-context.ts';
import { restoreResources } from './limit-resources.ts';

/** What was taken back. */
export interface HealResult {
  /** Of faults, and of nodes that something was done to. */
  names: string[];
  /** Links that other conditions held for than are declared: `a -> b`, `a <-> b`. */
  links: string[];
}

/**
 * Takes faults back, whoever injected them: those of these names, or all. A node's name stands for what was done to that
 * node. Of all, links are as declared again, every node runs with what it was given, and knows its peers.
 * @throws DevnetError `no_such_fault`
 */
export async function heal(field: FaultContext, names?: readonly string[]): Promise<HealResult> {
  const { engine } = field;
  const devnet = await findDevnet(engine, field.devnet.name);
  const state = await readLinkState(engine, devnet);
  const onLinks = new Set([...(state?.cuts ?? []), ...(state?.messageFaults ?? [])].map(({ fault }) => fault));
  const nodes = devnet.nodes.map(({ name }) => name);
  const unknown = names?.find((name) => !onLinks.has(name) && !nodes.includes(name));
  if (unknown !== undefined) {
    throw new DevnetError('no_such_fault', `"${devnet.name}" has no fault and no node "${unknown}"`, {
      hint: onLinks.size > 0 ? `faults on its links: ${[...onLinks].join(', ')}` : 'devnet status shows its nodes',
    });
  }
  const chosen = (name: string) => names === undefined || names.includes(name);
  const healed = [...onLinks].filter(chosen);
  let links: string[] = [];
  if (state && (healed.length > 0 || names === undefined)) {
    await updateLinkState({ engine, devnet }, (present) => {
      const rest = {
        ...present,
        cuts: present.cuts.filter(({ fault }) => !chosen(fault)),
        messageFaults: present.messageFaults.filter(({ fault }) => !chosen(fault)),
      };
      if (names !== undefined || !devnet.topology || !devnet.network) return rest;
      const addresses = new Map(devnet.nodes.map(({ name, address }) => [name, address]));
      const next = { ...rest, conditions: declaredLinkState(devnet.topology, devnet.network, addresses).conditions };
      links = describeResetLinks(present, next);
      return next;
    });
  }
  await Promise.all(
    devnet.nodes
      .filter(({ name }) => chosen(name))
      .map(async ({ name, state: was }) => {
        const squeezed = (was === 'running' || was === 'paused') && (await restoreResources({ engine, devnet }, name));
        if (was !== 'running') await restartNode(engine, devnet.name, name);
        if (was !== 'running' || squeezed) healed.push(name);
      }),
  );
  return { names: healed, links };
}

function describeResetLinks(before: LinkState, after: LinkState): string[] {
  const changes = diffLinkStates(before, after).filter(({ event }) => event === 'link_conditions');
  return describeLinks(changes.map(({ fields }) => fields as { from: string; to: string }));
}
