import { DevnetError } from '../../errors.ts';
import { changesBetween } from '../../links/changes.ts';
import type { LinkState } from '../../links/state.ts';
import { describeLinks } from '../../scenario/words.ts';
import { declaredState, linkState } from '../links.ts';
import { findDevnet } from '../observe.ts';
import { revive } from '../revive.ts';
import { changeLinks, type Field } from './field.ts';
import { unsqueeze } from './squeeze.ts';

/** What was taken back. */
export interface Healed {
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
export async function heal(field: Field, names?: readonly string[]): Promise<Healed> {
  const { engine } = field;
  const devnet = await findDevnet(engine, field.devnet.name);
  const state = await linkState(engine, devnet);
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
    await changeLinks({ engine, devnet }, (present) => {
      const rest = {
        ...present,
        cuts: present.cuts.filter(({ fault }) => !chosen(fault)),
        messageFaults: present.messageFaults.filter(({ fault }) => !chosen(fault)),
      };
      if (names !== undefined || !devnet.topology || !devnet.network) return rest;
      const addresses = new Map(devnet.nodes.map(({ name, address }) => [name, address]));
      const next = { ...rest, conditions: declaredState(devnet.topology, devnet.network, addresses).conditions };
      links = resetLinks(present, next);
      return next;
    });
  }
  await Promise.all(
    devnet.nodes
      .filter(({ name }) => chosen(name))
      .map(async ({ name, state: was }) => {
        const squeezed = (was === 'running' || was === 'paused') && (await unsqueeze({ engine, devnet }, name));
        if (was !== 'running') await revive(engine, devnet.name, name);
        if (was !== 'running' || squeezed) healed.push(name);
      }),
  );
  return { names: healed, links };
}

function resetLinks(before: LinkState, after: LinkState): string[] {
  const changes = changesBetween(before, after).filter(({ event }) => event === 'link_conditions');
  return describeLinks(changes.map(({ fields }) => fields as { from: string; to: string }));
}
