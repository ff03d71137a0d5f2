import { OVERLAY_NAMESPACES } from '../../agents/overlay/overlay-namespace.ts';

/** Gives an agent the network namespaces of Docker, which has one for each overlay network on its host. */
export const OVERLAY_NAMESPACES_MOUNT = { from: '/var/run/docker/netns', to: OVERLAY_NAMESPACES };
