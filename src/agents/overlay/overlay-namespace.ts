import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder of Docker's network namespaces, in the agents that enter one. */
export const OVERLAY_NAMESPACES = '/run/docker-namespaces';

/** Docker's names in the namespace of an overlay network: of the bridge, and of its port that leads to the other hosts. */
export const OVERLAY_BRIDGE = 'br0';
export const OVERLAY_UPLINK = 'vxlan0';

/** Docker names a namespace by a counter and the start of its network's id. */
const ID_LENGTH = 10;

/** Returns the namespace of an overlay network: the newest, where Docker has left an earlier one. */
export function findOverlayNamespace(names: readonly string[], networkId: string): string | undefined {
  const counterOf = (name: string) => Number(name.slice(0, name.indexOf('-')));
  return names
    .filter((name) => /^\d+-/.test(name) && name.slice(name.indexOf('-') + 1) === networkId.slice(0, ID_LENGTH))
    .sort((a, b) => counterOf(a) - counterOf(b))
    .at(-1);
}

/**
 * Returns a command that runs another one in the network namespace that holds the bridge of an overlay network on this host.
 * @throws Error where the network is not on this host
 */
export async function inOverlay(networkId: string, command: readonly string[]): Promise<[string, ...string[]]> {
  const name = findOverlayNamespace(await readdir(OVERLAY_NAMESPACES), networkId);
  if (name === undefined) throw new Error(`the overlay network ${networkId} has no namespace on this host`);
  return ['nsenter', `--net=${join(OVERLAY_NAMESPACES, name)}`, ...command];
}
