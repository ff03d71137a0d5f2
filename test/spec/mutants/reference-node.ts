import { connect, isIPv6, type Socket } from 'node:net';
import { type Connection, type Handler, type Message, ProtocolSpeaker, Refusal } from './protocol-speaker.ts';

export { type Connection, type Handler, type Message, Refusal } from './protocol-speaker.ts';

export interface Gossip {
  id: string;
  hops?: number;
}

export interface Link {
  peer: string;
  connection?: Connection | undefined;
  socket?: Socket | undefined;
  attempts: number;
  timer?: NodeJS.Timeout | undefined;
}

/** Node that keeps to the protocol, written from its text alone. Each mutant overrides one thing. */
export class ReferenceNode extends ProtocolSpeaker {
  readonly links = new Map<string, Link>();
  readonly seen = new Set<string>();

  readonly handlers = new Map<string, Handler>([
    ['ping', (_, __, message) => ({ ...message, message_type: 'pong' })],
    ['echo', (payload, { dialed }) => (dialed ? undefined : { message_type: 'echo', payload })],
    ['get_peers', () => this.peers()],
    ['list_peers', () => this.peers()],
    ['add_peer', (payload, connection) => this.addPeer(this.address(payload, connection), connection)],
    ['remove_peer', (payload, connection) => this.removePeer(this.address(payload, connection), connection)],
    ['hello', (payload, connection) => this.hello(payload, connection)],
    ['gossip', (payload, connection) => this.gossip(payload, connection)],
    ...['pong', 'peers', 'status', 'error'].map((type): [string, Handler] => [type, () => undefined]),
  ]);

  override stop(): void {
    super.stop();
    for (const link of this.links.values()) this.unlink(link);
  }

  // Peers.

  peers(): Message {
    return { message_type: 'peers', payload: [...this.links.keys()] };
  }

  address(payload: unknown, { host: sender }: Connection): string {
    if (typeof payload === 'number') return this.join(sender, payload);
    if (typeof payload === 'string') {
      if (/^\d+$/.test(payload)) return this.join(sender, Number(payload));
      const [, host = '', port = ''] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(payload) ?? [];
      return this.join(host.replace(/^\[|\]$/g, ''), Number(port));
    }
    const { host = sender, port } = (payload ?? {}) as { host?: unknown; port?: unknown };
    if (Array.isArray(payload) || typeof port !== 'number') throw new Refusal('invalid_payload');
    return this.join(host, port);
  }

  join(host: unknown, port: number): string {
    const whole = Number.isInteger(port) && port > 0 && port < 65_536;
    if (typeof host !== 'string' || host === '' || !whole) throw new Refusal('invalid_payload');
    return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  }

  addPeer(peer: string, _connection: Connection): Message | undefined {
    if (!this.isSelf(peer) && !this.links.has(peer)) {
      const link: Link = { peer, attempts: 0 };
      this.links.set(peer, link);
      this.dial(link);
    }
    return this.peers();
  }

  isSelf(peer: string): boolean {
    return peer === `${this.host}:${this.port}`;
  }

  removePeer(peer: string, connection: Connection): Message {
    if (!this.mayRemove(peer, connection)) throw new Refusal('invalid_payload');
    const link = this.links.get(peer);
    this.links.delete(peer);
    if (link !== undefined) this.unlink(link);
    return this.peers();
  }

  mayRemove(peer: string, { host }: Connection): boolean {
    return peer.slice(0, peer.lastIndexOf(':')) === host;
  }

  unlink(link: Link): void {
    clearTimeout(link.timer);
    link.socket?.destroy();
  }

  dial(link: Link): void {
    const at = link.peer.lastIndexOf(':');
    const host = link.peer.slice(0, at).replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(link.peer.slice(at + 1)), noDelay: true, allowHalfOpen: true });
    link.socket = socket;
    socket.on('error', () => {});
    socket.on('connect', () => {
      link.connection = this.connected(socket, true);
      this.introduce(link.connection);
    });
    socket.on('close', () => {
      link.connection = undefined;
      if (this.stopped || this.links.get(link.peer) !== link) return;
      link.timer = setTimeout(() => this.dial(link), this.backoff(++link.attempts));
    });
  }

  backoff(attempts: number): number {
    return Math.random() * Math.min(30_000, 250 * 2 ** (attempts - 1));
  }

  introduce(connection: Connection): void {
    this.send(connection, this.greeting());
  }

  greeting(): Message {
    const payload = { name: 'reference', listen: `${this.host}:${this.port}`, version: '1' };
    return { message_type: 'hello', payload };
  }

  hello(payload: unknown, connection: Connection): Message | undefined {
    const { name, listen } = (payload ?? {}) as { name?: unknown; listen?: string };
    if (typeof name !== 'string') throw new Refusal('invalid_payload');
    connection.greeted = true;
    connection.listen = listen;
    clearTimeout(connection.timer);
    return connection.dialed ? undefined : this.greeting();
  }

  // Gossip.

  gossip(payload: unknown, connection: Connection): undefined {
    const gossip = this.checkGossip(payload);
    if (!this.isNews(gossip)) return;
    const message = { message_type: 'gossip', payload: this.hop(gossip) };
    for (const link of this.links.values()) {
      if (this.cameFrom(connection, link)) continue;
      this.forward(link, message);
    }
  }

  checkGossip(payload: unknown): Gossip {
    const { id } = (payload ?? {}) as Partial<Gossip>;
    if (typeof id !== 'string' || id === '') throw new Refusal('invalid_payload');
    return payload as Gossip;
  }

  isNews({ id }: Gossip): boolean {
    return this.seen.size !== this.seen.add(id).size;
  }

  hop(gossip: Gossip): Gossip {
    return { ...gossip, hops: (gossip.hops ?? 0) + 1 };
  }

  cameFrom(connection: Connection, link: Link): boolean {
    return connection === link.connection || connection.listen === link.peer;
  }

  forward(link: Link, message: Message): void {
    const { connection } = link;
    // What does not read is not waited for.
    if (connection !== undefined && connection.socket.writableLength < 4 * 1_048_576) this.send(connection, message);
  }
}
