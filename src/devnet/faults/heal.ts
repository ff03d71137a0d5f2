import { DevnetError } from '../../errors.ts';
import { declaredState, linkState } from '../links.ts';
import { findDevnet } from '../observe.ts';
import { revive } from '../revive.ts';
import { changeLinks, type Field } from './field.ts';
import { unsqueeze } from './squeeze.ts';

/**
 * Takes faults back, whoever injected them: those of these names, or all. A node's name stands for what was done to that
 * node. Of all, links are as declared again, every node runs with what it was given, and knows its peers.
 * @returns names of what was healed
 * @throws DevnetError `no_such_fault`
 */
export async function heal(field: Field, names?: readonly string[]): Promise<string[]> {
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
  if (state && (healed.length > 0 || names === undefined)) {
    await changeLinks({ engine, devnet }, (present) => {
      const rest = {
        ...present,
        cuts: present.cuts.filter(({ fault }) => !chosen(fault)),
        messageFaults: present.messageFaults.filter(({ fault }) => !chosen(fault)),
      };
      if (names !== undefined || !devnet.topology || !devnet.network) return rest;
      const addresses = new Map(devnet.nodes.map(({ name, address }) => [name, address]));
      return { ...rest, conditions: declaredState(devnet.topology, devnet.network, addresses).conditions };
    });
  }
  await Promise.all(
    devnet.nodes
      .filter(({ name }) => chosen(name))
      .map(async ({ name, state: was }) => {
        if (was === 'running' || was === 'paused') await unsqueeze({ engine, devnet }, name);
        if (was !== 'running') await revive(engine, devnet.name, name);
        if (was !== 'running' || names !== undefined) healed.push(name);
      }),
  );
  return healed;
}
