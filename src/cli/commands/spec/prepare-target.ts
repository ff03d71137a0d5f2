import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { join } from 'node:path';
import { down } from '../../../controller/lifecycle/down.ts';
import { up } from '../../../controller/lifecycle/up.ts';
import { findNodeRoute, findTunnelRoute } from '../../../controller/peers/node-route.ts';
import { gatewayAddress } from '../../../controller/state/address-plan.ts';
import { findNetworkState, type NetworkState, observe } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/connection/engine.ts';
import { openExecSession } from '../../../engine/exec.ts';
import type { FoundNetwork } from '../../../network/runtime.ts';
import { assertRunning, findNode } from '../../../network/send-message.ts';
import { formatAddress } from '../../../protocol/index.ts';
import { findNetwork } from '../../../runtimes/find-networks.ts';
import { enterNetwork } from '../../../runtimes/namespaces/enter-network.ts';
import { connectSwarm } from '../../../runtimes/swarm/connect-swarm.ts';
import { DevnetError, type ErrorCode } from '../../../shared/errors.ts';
import { packageRoot } from '../../../shared/files/package-root.ts';
import { parseSubnet, type Subnet } from '../../../shared/subnet.ts';
import { runSuite, type SpecTarget, type SuiteOptions, type SuiteResult } from '../../../spec/runner/run-suite.ts';
import { parseTopologyObject } from '../../../topology/index.ts';
import { splitNodeName } from '../../input/select-network.ts';
import { runSuiteElsewhere } from './run-spec-elsewhere.ts';

/** A node that is ready to be tested. */
export interface PreparedTarget {
  /** Name in reports. */
  name: string;
  /** Runs the suite against it. */
  run: (options: SuiteOptions) => Promise<SuiteResult>;
  /** Removes what was started for it. */
  release: () => Promise<void>;
}

/** Path of the suite in the bundled node's image. */
const SPEC_COMMAND = ['node', '/devnet/spec.cjs'];

/** Nothing listens, the node does not run, or no route leads to it. */
const UNREACHABLE_CODES: readonly ErrorCode[] = ['node_unreachable', 'node_silent', 'node_died', 'wrong_network'];

/**
 * Turns errors that keep `devnet spec` from reaching a node into `target_unreachable`, whose exit status is different from that
 * of a node that fails. Returns any other error as it is.
 */
export function toTargetUnreachable(cause: unknown): unknown {
  if (!(cause instanceof DevnetError)) return cause;
  const { code, message, hint } = cause;
  if (!UNREACHABLE_CODES.includes(code)) return cause;
  return new DevnetError('target_unreachable', message, { ...(hint === undefined ? {} : { hint }), cause });
}

/** Prepares a node at `host:port`, with an IPv6 host in brackets. @throws DevnetError `usage` */
export async function prepareAddress(text: string): Promise<PreparedTarget> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new DevnetError('usage', `"${text}" is not HOST:PORT`, { hint: 'as in 127.0.0.1:3000 or [::1]:3000' });
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

/** Prepares a node of a running network: `NODE`, or `NETWORK/NODE`. @throws DevnetError `no_such_node`, `node_unreachable` */
export async function prepareRunningNode(text: string): Promise<PreparedTarget> {
  const { network, node } = splitNodeName(text);
  const found = await findNetwork(network);
  if (found.runtime === 'process') {
    const running = findNode(found.name, found.nodes, node);
    assertRunning(running);
    return { ...(await prepareAddress(formatAddress(running))), name: text };
  }
  if (found.runtime === 'namespaces')
    return { name: text, run: await enterNamespaces(found, node), release: async () => {} };
  const own = await connectEngine();
  const engine = found.runtime === 'swarm' ? await connectSwarm(own) : own;
  return {
    name: text,
    run: await chooseSuiteRunner(engine, await findNetworkState(engine, found.name), node),
    release: async () => {},
  };
}

/**
 * Starts an image on a network of its own, with nothing on it but the node and the suite.
 * @param image @default the image of the bundled node
 * @param port port that the node listens on
 * @throws DevnetError as `up` does
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
    // The suite dials from the bridge's address: as an administrator it would not see what strangers see.
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

/** Chooses where the suite runs so that the node can dial it: here, on the bridge's address, or in the tunnel container. */
async function chooseSuiteRunner(engine: Engine, state: NetworkState, name: string): Promise<PreparedTarget['run']> {
  const node = findNode(state.name, state.nodes, name);
  const { run, network } = state;
  if (node.state !== 'running' || !network) {
    throw new DevnetError('node_unreachable', `${name} is not running: it is ${node.state}`, {
      hint: `devnet status ${state.name}`,
    });
  }
  const targetFrom = (localAddress: string): SpecTarget => ({
    host: node.address,
    port: node.port,
    listenHost: localAddress,
    localAddress,
  });
  const location = { name: state.name, run, network };
  // The node of a closed network can dial the tunnel container, but not this machine.
  const route = await (network.internal ? findTunnelRoute : findNodeRoute)(engine, location);
  const target = targetFrom(route.address);
  return route.via === 'bridge'
    ? (options) => runSuite(target, options)
    : (options) => runSuiteElsewhere(() => openExecSession(engine, route.containerId, SPEC_COMMAND), target, options);
}

/** Returns what runs the suite in the network namespace of a network's supervisor, on the bridge's address. */
async function enterNamespaces(found: FoundNetwork, name: string): Promise<PreparedTarget['run']> {
  const node = findNode(found.name, found.nodes, name);
  assertRunning(node);
  const network = await found.attach();
  const { networkNamespace } = await network.versions();
  network.close();
  const gateway = gatewayAddress(parseSubnet(found.subnet as string) as Subnet);
  const { host, port } = node;
  const target: SpecTarget = { host, port, listenHost: gateway, localAddress: gateway };
  const command = [process.execPath, join(packageRoot, 'dist', 'spec.cjs')];
  return (options) => runSuiteElsewhere(async () => enterNetwork(String(networkNamespace), command), target, options);
}

/** Returns the address of this machine that a node elsewhere can dial: the one that connections to that node come from. */
async function localAddressTowards(host: string, port: number): Promise<string | undefined> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
    const own = socket.localAddress;
    return own !== undefined && isIP(own) === 4 ? own : undefined;
  } catch {
    return undefined; // The suite itself reports that the target cannot be reached.
  } finally {
    socket.destroy();
  }
}
