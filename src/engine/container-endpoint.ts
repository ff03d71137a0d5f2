import type { EndpointSettings } from 'dockerode';
import { compareVersions, type Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './connection/engine-error.ts';
import { engineOf } from './connection/engine-hosts.ts';

/** Place of a container on a network. */
export interface Endpoint {
  /** Id of the network. */
  id: string;
  /** IPv4. */
  address: string;
  /** Fixed: an engine that chose a new one at a restart would leave the old one in the neighbours' ARP tables. */
  mac: string;
  /** Further names that the container answers to. */
  aliases: string[];
}

/** Since Docker's API 1.44, and with Podman, a MAC address belongs to the container's endpoint; before, to the container. */
export const macBelongsToEndpoint = ({ flavour, api }: Engine): boolean =>
  flavour === 'podman' || compareVersions(api, '1.44') >= 0;

/** Docker 29.3 is the first that heeds the MAC address of a request to connect a container (moby#48192). */
const FIRST_DOCKER_WITH_MAC = '29.3.1';

/** Returns whether a container that is connected anew gets the MAC address that is asked for. */
export const reconnectsWithMac = ({ flavour, version }: Engine): boolean =>
  flavour === 'podman' || compareVersions(version, FIRST_DOCKER_WITH_MAC) >= 0;

/** Returns an endpoint in the words of Docker's API. */
export function endpointSettings(engine: Engine, { address, mac, aliases }: Endpoint): EndpointSettings {
  return {
    IPAMConfig: { IPv4Address: address },
    Aliases: aliases,
    ...(macBelongsToEndpoint(engine) ? { MacAddress: mac } : {}),
  } as EndpointSettings;
}

/**
 * Connects a container to a network, in place of another endpoint that it has there.
 * @param name for the error message only
 * @throws DevnetError `engine_failed`
 */
export async function reconnectContainer(engine: Engine, id: string, name: string, endpoint: Endpoint): Promise<void> {
  await disconnectContainer(engine, endpoint.id, id);
  await wrapEngineErrors(`connect ${name} to its network`, () =>
    engineOf(engine, id)
      .docker.getNetwork(endpoint.id)
      .connect({ Container: id, EndpointConfig: endpointSettings(engine, endpoint) }),
  );
}

/**
 * Disconnects a container; one that is not connected, gone or being removed is no error.
 * @throws DevnetError `engine_failed`
 */
export async function disconnectContainer(engine: Engine, networkId: string, id: string): Promise<void> {
  try {
    await engineOf(engine, id).docker.getNetwork(networkId).disconnect({ Container: id, Force: true });
  } catch (cause) {
    if (httpStatusOf(cause) === 404 || /is not connected|marked for removal/.test(String(cause))) return;
    throw toEngineError(cause, `disconnect the container ${id.slice(0, 12)}`);
  }
}
