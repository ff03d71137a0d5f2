import { type AddressInfo, createServer, type Server } from 'node:net';
import { Changes } from './changes.ts';
import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';
import { Wire } from './wire.ts';

/** How a peer of the suite's treats the links that a target makes to it. */
export interface Behaviour {
  /** Answers `hello` and `ping`, as nodes do; false: stays silent. */
  readonly polite?: boolean;
  /** What it does as soon as it is dialed. */
  readonly onDial?: (link: Wire) => void;
}

/** A message that a target sent to a peer. */
export interface Heard {
  readonly message: Reply;
  readonly link: Wire;
}

/** A peer played by the suite: something that listens, and that a target is told to dial. */
export class Peer {
  readonly name: string;
  /** `host:port`, as `add_peer` takes it. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Every connection the target has made, in order. */
  readonly links: Wire[] = [];
  readonly heard: Heard[] = [];
  readonly changes = new Changes();
  readonly #server: Server;
  readonly #exchange: Exchange;
  readonly #behaviour: Behaviour;

  private constructor(server: Server, name: string, exchange: Exchange, behaviour: Behaviour) {
    const { address, port } = server.address() as AddressInfo;
    this.name = name;
    this.host = address;
    this.port = port;
    this.address = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    this.#server = server;
    this.#exchange = exchange;
    this.#behaviour = behaviour;
    server.on('connection', (socket) => {
      const link = new Wire(socket, `${name} link ${this.links.length + 1}`, exchange, this.changes);
      exchange.event(link.name, `the target dials ${this.address}`);
      this.#welcome(link);
    });
  }

  /** Listens on a free port of `host`; rejects with the system's error. */
  static listen(host: string, name: string, exchange: Exchange, behaviour: Behaviour): Promise<Peer> {
    const server = createServer({ allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: 0, backlog: 64 }, () => resolve(new Peer(server, name, exchange, behaviour)));
    });
  }

  /** Whether it is dialed `times` times within `wait` milliseconds. */
  dialed(wait: number, times = 1): Promise<boolean> {
    return this.changes.until(() => this.links.length >= times, wait);
  }

  /** The first message that is `wanted`; undefined when none comes within `wait` milliseconds. */
  async hears(wanted: (message: Reply) => boolean, wait: number): Promise<Heard | undefined> {
    const find = () => this.heard.find(({ message }) => wanted(message));
    await this.changes.until(() => find() !== undefined, wait);
    return find();
  }

  /** Says something on every link that is open, as a node that was dialed may. */
  say(text: string): void {
    for (const link of this.links) link.send(text);
  }

  close(): void {
    this.#server.close();
    for (const link of this.links) link.close();
  }

  /** Stops listening, so that dials are refused; links stay. */
  hide(): void {
    this.#exchange.event(this.name, 'the suite stops listening');
    this.#server.close();
  }

  #welcome(link: Wire): void {
    this.links.push(link);
    link.take = (message) => {
      this.heard.push({ message, link });
      if (this.#behaviour.polite !== false) this.#answer(message, link);
      return true;
    };
    this.#behaviour.onDial?.(link);
    this.changes.notify();
  }

  #answer({ type, payload }: Reply, link: Wire): void {
    if (type === 'hello') link.send(this.hello());
    else if (type === 'ping') link.send(`${JSON.stringify({ message_type: 'pong', payload })}\n\n`);
  }

  /** What it says of itself. */
  hello(): string {
    const payload = { name: this.name.replaceAll(' ', '-'), listen: this.address, version: '1' };
    return `${JSON.stringify({ message_type: 'hello', payload })}\n\n`;
  }
}
