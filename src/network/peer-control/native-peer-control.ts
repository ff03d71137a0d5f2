import type { Message } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Dialer, NetworkIdentity } from '../dialer.ts';
import type { NodeReport, PeerReport } from '../links/node-report.ts';
import type { NodeAddress } from '../running-network.ts';
import { NodeClient, NodeRequestError } from './node-client.ts';
import type {
  ListPeersOptions,
  NodeCapability,
  NodeNames,
  PeerChange,
  PeerChangeResult,
  PeerControl,
} from './peer-control.ts';

/** Time for a node to reply, milliseconds. It may also never reply to `add_peer`: the protocol does not ask for it. */
const REPLY_TIMEOUT_MS = 2_000;

/** Controls a node by the protocol's own messages: `add_peer`, `remove_peer`, and `get_status` or else `get_peers`. */
export class NativePeerControl implements PeerControl {
  readonly #node: string;
  readonly #address: string;
  readonly #client: NodeClient;
  readonly #network: NetworkIdentity | undefined;
  readonly #names: NodeNames;
  /** Request that the node answered last, so that unsupported ones are not sent again. */
  #source: Exclude<NodeReport['source'], 'down'> | undefined;

  constructor(node: { name: string } & NodeAddress, dialer: Dialer, names: NodeNames = new Set()) {
    this.#node = node.name;
    this.#names = names;
    this.#address = `${node.host}:${node.port}`;
    this.#network = dialer.network;
    this.#client = new NodeClient({ host: node.host, port: node.port, dialer });
  }

  async connect(timeoutMs: number): Promise<boolean> {
    try {
      await this.#client.dial(timeoutMs);
      return true;
    } catch (cause) {
      if (cause instanceof NodeRequestError) return false;
      throw cause;
    }
  }

  async change(changes: readonly PeerChange[]): Promise<PeerChangeResult[]> {
    // A node that answers get_status reads any number of messages from one connection: one round trip is enough for all.
    if (changes.length > 1 && this.#source === undefined) await this.list();
    const batches = this.#source === 'get_status' ? [changes] : changes.map((change) => [change]);
    return (await Promise.all(batches.map((batch) => this.#changeAtOnce(batch)))).flat();
  }

  async list({ measureRoundTrips = false }: ListPeersOptions = {}): Promise<NodeReport> {
    try {
      if (this.#source === undefined || this.#source === 'get_status') {
        const askedAt = performance.now();
        const reply = await this.#query('get_status', measureRoundTrips ? { ping: true } : undefined);
        const report = parseStatus(reply, askedAt);
        if (report) return { ...this.#report('get_status', report.peers), ...report };
      }
      if (this.#source !== 'none') {
        const peers = parsePeers(await this.#query('get_peers'));
        if (peers) return this.#report('get_peers', peers);
      }
      // A node that answers neither may still be well; one that is gone refuses the connection.
      await this.#client.dial(REPLY_TIMEOUT_MS);
      return this.#report('none', []);
    } catch (cause) {
      if (!(cause instanceof NodeRequestError)) throw cause;
      return { node: this.#node, source: 'down', peers: [] };
    }
  }

  async readStatus(): Promise<unknown> {
    try {
      const reply = await this.#query('get_status');
      return reply?.message_type === 'status' ? reply.payload : undefined;
    } catch (cause) {
      if (cause instanceof NodeRequestError) return undefined;
      throw cause;
    }
  }

  async missingCapabilities(): Promise<NodeCapability[] | undefined> {
    if (this.#source === undefined && (await this.list()).source === 'down') return undefined;
    const lacks: NodeCapability[] = [];
    if (this.#source !== 'get_status') lacks.push('get_status');
    if (this.#source === 'none') lacks.push('get_peers');
    // Its own address is never a peer of a node, so that removing it changes nothing.
    const [removed] = await this.change([{ type: 'remove', address: this.#address }]);
    if (removed?.status !== 'accepted') lacks.push('remove_peer');
    return lacks;
  }

  close(): void {
    this.#client.close();
  }

  async #changeAtOnce(changes: readonly PeerChange[]): Promise<PeerChangeResult[]> {
    if (changes.length === 0) return [];
    const messages = changes.map(({ type, address }) => ({ message_type: `${type}_peer`, payload: address }));
    try {
      const replies = await this.#client.requestAll(messages, REPLY_TIMEOUT_MS);
      return replies.map(
        (reply): PeerChangeResult =>
          reply.message_type === 'error' ? { status: 'refused', reason: reply.payload } : { status: 'accepted' },
      );
    } catch (cause) {
      if (!(cause instanceof NodeRequestError)) throw cause;
      const { message, wasSent } = cause;
      return changes.map(() => (wasSent ? { status: 'unanswered' } : { status: 'unreachable', reason: message }));
    }
  }

  /** Returns the reply; undefined when the node is there and gave none that can be read. */
  async #query(type: string, payload?: unknown): Promise<Message | undefined> {
    try {
      const message = payload === undefined ? { message_type: type } : { message_type: type, payload };
      const reply = await this.#client.request(message, REPLY_TIMEOUT_MS);
      if (reply.message_type === 'status') this.#assertIdentity(reply.payload);
      return reply;
    } catch (cause) {
      if (cause instanceof NodeRequestError && cause.wasSent) return undefined;
      throw cause;
    }
  }

  /** @throws DevnetError `wrong_network` when the node says that it belongs to another network, or is another node of this one */
  #assertIdentity(status: unknown): void {
    const wanted = this.#network;
    const { name, network, network_id: id } = (status ?? {}) as Record<string, unknown>;
    if (wanted === undefined || typeof network !== 'string') return;
    if (network === wanted.name && (id === undefined || id === wanted.id)) {
      if (id !== undefined) this.#assertName(name, wanted);
      return;
    }
    const found = network === wanted.name ? `another network "${network}" (${id})` : `the network "${network}"`;
    const expected = network === wanted.name ? `"${wanted.name}" (${wanted.id})` : `"${wanted.name}"`;
    throw new DevnetError(
      'wrong_network',
      `${this.#address} is ${name} of ${found}, not ${this.#node} of ${expected}`,
      { hint: 'two networks have the same addresses: take one down, or give it another `subnet`' },
    );
  }

  /** A node may have a name of its own (`DEVNET_NAME` in its `env`, a program of another make), but not that of another node. */
  #assertName(name: unknown, network: NetworkIdentity): void {
    if (typeof name !== 'string' || name === this.#node || !this.#names.has(name)) return;
    throw new DevnetError(
      'wrong_network',
      `${this.#address} is ${name} of "${network.name}", not ${this.#node} of "${network.name}"`,
      { hint: `another command may have moved them: try again; otherwise devnet down ${network.name}, and up` },
    );
  }

  #report(source: Exclude<NodeReport['source'], 'down'>, peers: PeerReport[]): NodeReport {
    this.#source = source;
    return { node: this.#node, source, peers };
  }
}

function parsePeers(reply: Message | undefined): PeerReport[] | undefined {
  if (reply?.message_type !== 'peers' || !Array.isArray(reply.payload)) return undefined;
  return reply.payload.filter((peer) => typeof peer === 'string').map((address) => ({ address }));
}

/**
 * Reads the peers of a `status`, and when the node began to listen; a node of another make may leave out any field.
 * @param askedAt milliseconds on the monotonic clock
 */
function parseStatus(
  reply: Message | undefined,
  askedAt: number,
): Pick<NodeReport, 'peers' | 'startedAt' | 'uptime'> | undefined {
  if (reply?.message_type !== 'status') return undefined;
  const { peers, uptime } = (reply.payload ?? {}) as Record<string, unknown>;
  if (!Array.isArray(peers)) return undefined;
  const repliedAt = performance.now();
  return {
    peers: peers.flatMap((peer) => parsePeer(peer, repliedAt)),
    ...(typeof uptime === 'number' ? { startedAt: askedAt - uptime * 1_000, uptime } : {}),
  };
}

function parsePeer(value: unknown, repliedAt: number): PeerReport[] {
  const { peer, state, mode, since, rtt_ms, rtt_age_ms } = (value ?? {}) as Record<string, unknown>;
  if (typeof peer !== 'string') return [];
  return [
    {
      address: peer,
      connected: state === 'up',
      // A peer that gets each message on a connection of its own has none that could be older than its process.
      ...(typeof since === 'number' && mode !== 'oneshot' ? { connectedAt: repliedAt - since * 1_000 } : {}),
      ...(typeof rtt_ms === 'number' ? { rtt: rtt_ms } : {}),
      ...(typeof rtt_age_ms === 'number' ? { rttAgeMs: rtt_age_ms } : {}),
    },
  ];
}
