import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { down } from '../devnet/down.ts';
import { findDevnet, type Observed, observe } from '../devnet/observe.ts';
import { relayAddressOn } from '../devnet/relay.ts';
import { isOwnAddress, unroutable } from '../devnet/route.ts';
import { findNode } from '../devnet/send.ts';
import { up } from '../devnet/up.ts';
import { connectEngine, type Engine } from '../engine/engine.ts';
import { DevnetError } from '../errors.ts';
import { runSuite, type SuiteOptions, type SuiteResult, type Target } from '../spec/suite.ts';
import { parseTopologyObject } from '../topology/index.ts';
import { runSuiteIn } from './spec-away.ts';

/** A node to try, made ready. */
export interface Subject {
  /** What it is called in reports. */
  name: string;
  /** Tries it. */
  run: (options: SuiteOptions) => Promise<SuiteResult>;
  /** Removes what was made for it. */
  release: () => Promise<void>;
}

/** `host:port`, with an IPv6 host in brackets. @throws DevnetError `usage` */
export async function subjectAt(text: string): Promise<Subject> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new DevnetError('usage', `"${text}" is no HOST:PORT`, { hint: 'as in 127.0.0.1:3000 or [::1]:3000' });
  }
  const onLoopback = host.startsWith('127.') || host === '::1' || host === 'localhost';
  const own = onLoopback ? undefined : await ownAddressTowards(host, port);
  return {
    name: text,
    run: (options) =>
      runSuite({ host, port, ...(own === undefined ? {} : { listenHost: own, localAddress: own }) }, options),
    release: async () => {},
  };
}

/** `DEVNET/NODE`, or a node of the only devnet there is. */
export async function subjectNode(text: string): Promise<Subject> {
  const [first, second] = text.split('/');
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, second === undefined ? undefined : first);
  return { name: text, run: await trialIn(engine, devnet, second ?? (first as string)), release: async () => {} };
}

/**
 * Starts an image on a network of its own, with nothing on it but the node and the suite.
 * @param image undefined: the bundled node's
 * @param port that the node listens on
 */
export async function subjectImage(image: string | undefined, port: number, signal: AbortSignal): Promise<Subject> {
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
    return { name: image ?? 'bundled node', run: await trialIn(engine, devnet, 'target'), release };
  } catch (failure) {
    await release();
    throw failure;
  }
}

/** The suite where a node of a devnet can dial it: here, on the bridge's own address, or else in the devnet's relay. */
async function trialIn(engine: Engine, devnet: Observed, name: string): Promise<Subject['run']> {
  const node = findNode(devnet, name);
  const { network, relayId } = devnet;
  if (node.state !== 'running' || !network) {
    throw new DevnetError('node_unreachable', `${name} does not run: it is ${node.state}`, {
      hint: `devnet status ${devnet.name}`,
    });
  }
  const targetFrom = (own: string): Target => ({
    host: node.address,
    port: node.port,
    listenHost: own,
    localAddress: own,
  });
  if (await isOwnAddress(network.gateway)) return (options) => runSuite(targetFrom(network.gateway), options);
  if (relayId === undefined) throw unroutable(network);
  return (options) => runSuiteIn(engine, relayId, targetFrom(relayAddressOn(network)), options);
}

/** The address of this machine that a node elsewhere can dial: the one that connections to it come from. */
async function ownAddressTowards(host: string, port: number): Promise<string | undefined> {
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
