import { OVERLAY_NAMESPACES } from '../../agents/overlay/overlay-namespace.ts';
import { compareVersions, type Engine } from '../../engine/connection/engine.ts';

/**
 * First API (Docker 25) for whose engines the mount follows. Docker 28 makes the network of a container after its mounts, and so
 * the namespace of an overlay network, where the container is the first on it; 20.10 makes it before. Mounts are shared wherever
 * systemd runs, and need not be with older engines.
 */
const FIRST_FOLLOWING_API = '1.44';

/** Gives an agent the network namespaces of Docker, which has one for each overlay network on its host. */
export function overlayNamespacesMount({ api }: Engine) {
  const mount = { from: '/var/run/docker/netns', to: OVERLAY_NAMESPACES };
  return compareVersions(api, FIRST_FOLLOWING_API) >= 0 ? { ...mount, follow: true } : mount;
}
