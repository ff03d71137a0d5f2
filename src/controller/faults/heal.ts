import type { LinkState } from '../../agents/netem/state/link-state.ts';
import { diffLinkStates } from '../../agents/netem/state/state-changes.ts';
import { describeLinks } from '../../network/describe-links.ts';
import type { HealResult } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { declaredLinkState, readLinkState } from '../links/netem-agent.ts';
import { updateLinkState } from '../links/update-link-state.ts';
import { addressesOf, findDevnet } from '../state/network-state.ts';
import type { FaultContext } from './fault-context.ts';
import { restoreResources } from './node-faults.ts';

/**
 * Heals faults, no matter which process injected them. A node's name stands for every fault of that node. Without names it
 * heals all: links have their declared conditions again, and every node runs with its declared limits and its peers.
 * @throws DevnetError `no_such_fault`
 */
export async function heal(context: FaultContext, names?: readonly string[]): Promise<HealResult> {
  const { engine } = context;
  const devnet = await findDevnet(engine, context.devnet.name);
  const state = await readLinkState(engine, devnet);
  const linkFaults = new Set([...(state?.cuts ?? []), ...(state?.messageFaults ?? [])].map(({ fault }) => fault));
  const unknown = names?.find((name) => !linkFaults.has(name) && !devnet.nodes.some((node) => node.name === name));
  if (unknown !== undefined) {
    throw new DevnetError('no_such_fault', `"${devnet.name}" has no fault and no node "${unknown}"`, {
      hint:
        linkFaults.size > 0 ? `faults on its links: ${[...linkFaults].join(', ')}` : 'devnet status shows its nodes',
    });
  }
  const isChosen = (name: string) => names === undefined || names.includes(name);
  const healed = [...linkFaults].filter(isChosen);
  let links: string[] = [];
  if (state && (healed.length > 0 || names === undefined)) {
    await updateLinkState(engine, devnet, (current) => {
      const rest = {
        ...current,
        cuts: current.cuts.filter(({ fault }) => !isChosen(fault)),
        messageFaults: current.messageFaults.filter(({ fault }) => !isChosen(fault)),
      };
      if (names !== undefined || !devnet.topology || !devnet.network) return rest;
      const { conditions } = declaredLinkState(devnet.topology, devnet.network, addressesOf(devnet));
      const next = { ...rest, conditions };
      links = describeChangedLinks(current, next);
      return next;
    });
  }
  await Promise.all(
    devnet.nodes
      .filter(({ name }) => isChosen(name))
      .map(async ({ name, state: before }) => {
        const hasLimits = before === 'running' || before === 'paused';
        const wereLimited = hasLimits && (await restoreResources({ engine, devnet }, name));
        if (before !== 'running') await restartNode(engine, devnet.name, name);
        if (before !== 'running' || wereLimited) healed.push(name);
      }),
  );
  return { names: healed, links };
}

function describeChangedLinks(before: LinkState, after: LinkState): string[] {
  const changes = diffLinkStates(before, after).filter(({ event }) => event === 'link_conditions');
  return describeLinks(changes.map(({ fields }) => fields as { from: string; to: string }));
}
