import { findNetworks } from '../../runtimes/find-networks.ts';
import { DevnetError } from '../../shared/errors.ts';

/** Network and nodes that the arguments of a command select. */
export interface Selection {
  /** Name of the network; undefined where none was given, which means the only one that runs. */
  name: string | undefined;
  /** The other words: nodes, faults, groups. */
  words: string[];
}

/** Returns the name of a network that may be given as an argument or by `--name`. @throws DevnetError `usage` when they differ */
export function networkName(argument: string | undefined, option: string | undefined): string | undefined {
  return singleName(argument === undefined ? [] : [argument], option);
}

/** Splits nodes, each of which is `NODE` or `NETWORK/NODE`. @throws DevnetError `usage` when two networks are named */
export function selectNodes(nodes: readonly string[], option: string | undefined): Selection {
  const split = nodes.map(splitNodeName);
  return {
    name: singleName(
      split.flatMap(({ network }) => network ?? []),
      option,
    ),
    words: split.map(({ node }) => node),
  };
}

/**
 * Splits nodes that are named as `NETWORK/NODE`, or after the name of the network: `logs ring n1`.
 * @throws DevnetError `usage` when two networks are named
 */
export async function selectWords(words: readonly string[], option: string | undefined): Promise<Selection> {
  return words.some((word) => word.includes('/')) ? selectNodes(words, option) : selectByFirstWord(words, option);
}

/**
 * Splits words of which the first may be the name of a network. Without `--name`, a word that is both a network and a node of
 * the only network stands for the node.
 */
export async function selectByFirstWord(words: readonly string[], option: string | undefined): Promise<Selection> {
  const [first] = words;
  if (option === undefined && first !== undefined) {
    const { networks } = await findNetworks();
    const isNode = networks.length === 1 && networks[0]?.nodes.some((node) => node.name === first);
    if (networks.some(({ name }) => name === first) && !isNode) return { name: first, words: words.slice(1) };
  }
  return { name: option, words: [...words] };
}

/** Splits `ring/n1` into the network and the node; a name without a slash is a node's. */
export function splitNodeName(text: string): { network?: string; node: string } {
  const slash = text.indexOf('/');
  return slash < 0 ? { node: text } : { network: text.slice(0, slash), node: text.slice(slash + 1) };
}

function singleName(named: readonly string[], option: string | undefined): string | undefined {
  const names = [...new Set([...named, ...(option === undefined ? [] : [option])])];
  if (names.length <= 1) return names[0];
  throw new DevnetError('usage', `a command is about one network, not about ${names.join(' and ')}`, {
    hint: 'name the network once: as an argument, as NETWORK/NODE, or by --name',
  });
}
