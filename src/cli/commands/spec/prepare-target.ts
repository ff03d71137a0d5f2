import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { down } from '../../../controller/lifecycle/down.ts';
import { up } from '../../../controller/lifecycle/up.ts';
import { isLocalAddress, unroutableError } from '../../../controller/peers/dialer.ts';
import { findNode } from '../../../controller/peers/send-message.ts';
import { tunnelAddressOn } from '../../../controller/peers/tunnel-container.ts';
import { findDevnet, type NetworkState, observe } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { runSuite, type SpecTarget, type SuiteOptions, type SuiteResult } from '../../../spec/runner/run-suite.ts';
import { parseTopologyObject } from '../../../topology/index.ts';
import { runSuiteInContainer } from './run-spec-in-container.ts';

/** A node to try, made ready. */
export interface PreparedTarget {
  /** What it is called in reports. */
  name: string;
  /** Tries it. */
  run: (options: SuiteOptions) => Promise<SuiteResult>;
  /** Removes what was made for it. */
  release: () => Promise<void>;
}

/** `host:port`, with an IPv6 host in brackets. @throws DevnetError `usage` */
export async function prepareAddress(text: string): Promise<PreparedTarget> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new DevnetError('usage', `"${text}" is no HOST:PORT`, { hint: 'as in 127.0.0.1:3000 or [::1]:3000' });
  }
  const onLoopback = host.startsWith('127.') || host === '::1' || host === 'localhost';
  const own = onLoopback ? undefined : await localAddressTowards(host, port);
  return {
    name: text,
    run: (options) =>
      runSuite({ host, port, ...(own === undefined ? {} : { listenHost: own, localAddress: own }) }, options),
    release: async () => {},
  };
}

/** `DEVNET/NODE`, or a node of the only devnet there is. */
export async function prepareRunningNode(text: string): Promise<PreparedTarget> {
  const [first, second] = text.split('/');
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, second === undefined ? undefined : first);
  return {
    name: text,
    run: await chooseSuiteRunner(engine, devnet, second ?? (first as string)),
    release: async () => {},
  };
}

/**
 * Starts an image on a network of its own, with nothing on it but the node and the suite.
 * @param image undefined: the bundled node's
 * @param port that the node listens on
 */
export async function prepareImage(
  image: string | undefined,
  port: number,
  signal: AbortSignal,
): Promise<PreparedTarget> {
  const engine = await connectEngine();
  const node = {
    ...(image === undefined ? {} : { image }),
    port,
    // The suite dials from the bridge's address; trusted, it would not see what strangers see.
    env: { DEVNET_ADMIN: '' },
  };
  const name = `spec-${randomBytes(3).toString('hex')}`;
  const { devnet } = await up(engine, parseTopologyObject({ name, nodes: { target: node } }), { signal });
  const release = async () => {
    const left = await observe(engine, name);
    if (left) await down(engine, left);
  };
  try {
    return { name: image ?? 'bundled node', run: await chooseSuiteRunner(engine, devnet, 'target'), release };
  } catch (failure) {
    await release();
    throw failure;
  }
}

/** The suite where a node of a devnet can dial it: here, on the bridge's own address, or else in the devnet's relay. */
async function chooseSuiteRunner(engine: Engine, devnet: NetworkState, name: string): Promise<PreparedTarget['run']> {
  const node = findNode(devnet, name);
  const { network, tunnelId: relayId } = devnet;
  if (node.state !== 'running' || !network) {
    throw new DevnetError('node_unreachable', `${name} does not run: it is ${node.state}`, {
      hint: `devnet status ${devnet.name}`,
    });
  }
  const targetFrom = (own: string): SpecTarget => ({
    host: node.address,
    port: node.port,
    listenHost: own,
    localAddress: own,
  });
  if (await isLocalAddress(network.gateway)) return (options) => runSuite(targetFrom(network.gateway), options);
  if (relayId === undefined) throw unroutableError(network);
  return (options) => runSuiteInContainer(engine, relayId, targetFrom(tunnelAddressOn(network)), options);
}

/** The address of this machine that a node elsewhere can dial: the one that connections to it come from. */
async function localAddressTowards(host: string, port: number): Promise<string | undefined> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
    const own = socket.localAddress;
    return own !== undefined && isIP(own) === 4 ? own : undefined;
  } catch {
    return undefined; // The suite itself tells that the target cannot be reached.
  } finally {
    socket.destroy();
  }
}
