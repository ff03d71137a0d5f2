/** Folder of Docker's network namespaces, in the agents that enter one. */
export const OVERLAY_NAMESPACES = '/run/docker-namespaces';

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
