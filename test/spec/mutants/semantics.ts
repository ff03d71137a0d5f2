import { connect } from 'node:net';
import { type Mutant, mutant, withHandler } from './mutant.ts';
import { type Connection, type Link, type Message, ReferenceNode, Refusal } from './reference-node.ts';

export const semantics: readonly Mutant[] = [
  mutant(
    '4.1',
    'adds a key to an echo',
    class extends ReferenceNode {
      override encode(message: Message): string {
        if (message.message_type !== 'echo') return super.encode(message);
        return `${JSON.stringify({ ...message, time: 0 })}\n\n`;
      }
    },
  ),
  mutant(
    '4.2',
    'answers a ping without its payload',
    withHandler('ping', () => () => ({ message_type: 'pong' })),
  ),
  mutant(
    '4.3',
    'answers get_peers with null',
    withHandler('get_peers', () => () => ({ message_type: 'peers', payload: null })),
  ),
  mutant(
    '4.4',
    'does not support list_peers',
    withHandler('list_peers', () => undefined),
  ),
  mutant(
    '4.5',
    'dials peers and does not list them',
    withHandler('get_peers', () => () => ({ message_type: 'peers', payload: [] })),
  ),
  mutant(
    '4.6',
    'does not accept a port alone',
    class extends ReferenceNode {
      override address(payload: unknown, connection: Connection): string {
        if (typeof payload === 'number') throw new Refusal('invalid_payload');
        return super.address(payload, connection);
      }
    },
  ),
  mutant(
    '4.7',
    'does not accept {host, port}',
    class extends ReferenceNode {
      override address(payload: unknown, connection: Connection): string {
        if (typeof payload === 'object') throw new Refusal('invalid_payload');
        return super.address(payload, connection);
      }
    },
  ),
  mutant(
    '4.8',
    'dials again for a second add_peer',
    class extends ReferenceNode {
      override addPeer(peer: string, connection: Connection): Message | undefined {
        const link = this.links.get(peer);
        if (link?.connection !== undefined) {
          const [host, port] = peer.split(':') as [string, string];
          const socket = connect(Number(port), host, () => socket.end());
          socket.on('error', () => {});
        }
        return super.addPeer(peer, connection);
      }
    },
  ),
  mutant(
    '4.8',
    'lists a peer twice',
    class extends ReferenceNode {
      readonly #added: string[] = [];
      override addPeer(peer: string, connection: Connection): Message | undefined {
        super.addPeer(peer, connection);
        if (this.links.has(peer)) this.#added.push(peer);
        return this.peers();
      }
      override peers(): Message {
        return { message_type: 'peers', payload: this.#added.filter((peer) => this.links.has(peer)) };
      }
    },
  ),
  mutant(
    '4.9',
    'accepts itself as a peer',
    class extends ReferenceNode {
      override isSelf(): boolean {
        return false;
      }
      override dial(link: Link): void {
        if (!super.isSelf(link.peer)) super.dial(link);
      }
    },
  ),
  mutant(
    '4.10',
    'accepts port 0 and 65536',
    class extends ReferenceNode {
      override join(host: unknown, port: number): string {
        return port === 0 || port === 65_536 ? `${host}:${port}` : super.join(host, port);
      }
      override dial(link: Link): void {
        if (!/:(0|65536)$/.test(link.peer)) super.dial(link);
      }
    },
  ),
  mutant(
    '4.11',
    'waits for the dial before it replies',
    class extends ReferenceNode {
      override addPeer(peer: string, connection: Connection): Message | undefined {
        super.addPeer(peer, connection);
        const reply = () => {
          const link = this.links.get(peer);
          if (link === undefined || link.connection !== undefined) this.send(connection, this.peers());
          else setTimeout(reply, 10);
        };
        reply();
        return undefined;
      }
    },
  ),
  mutant(
    '4.12',
    'does not support IPv6',
    class extends ReferenceNode {
      override join(host: unknown, port: number): string {
        if (String(host).includes(':')) throw new Refusal('invalid_payload');
        return super.join(host, port);
      }
    },
  ),
  mutant(
    '4.13',
    'leaves the link of a removed peer open',
    class extends ReferenceNode {
      override unlink(link: Link): void {
        if (link.connection === undefined || !this.server.listening) super.unlink(link);
      }
    },
  ),
  mutant(
    '4.14',
    'lets anybody remove a peer',
    class extends ReferenceNode {
      override mayRemove(): boolean {
        return true;
      }
    },
  ),
  mutant(
    '4.15',
    'closes a connection that said hello',
    class extends ReferenceNode {
      override scheduleClose(connection: Connection): void {
        if (!connection.dialed) setTimeout(() => connection.socket.destroy(), this.closeDelay);
      }
    },
  ),
  mutant(
    '4.16',
    'answers a pong',
    withHandler('pong', () => () => ({ message_type: 'pong' })),
  ),
];
