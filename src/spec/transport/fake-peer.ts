import { type AddressInfo, createServer, type Server } from 'node:net';
import { ConditionVariable } from './condition-variable.ts';
import { RawConnection } from './raw-connection.ts';
import type { TargetReply } from './reply.ts';
import type { Transcript } from './transcript.ts';

/** How a peer of the suite's treats the links that a target makes to it. */
export interface FakePeerBehaviour {
  /** Answers `hello` and `ping`, as nodes do; false: stays silent. */
  readonly answersHello?: boolean;
  /** What it does as soon as it is dialed. */
  readonly onDial?: (link: RawConnection) => void;
}

/** A message that a target sent to a peer. */
export interface ReceivedMessage {
  readonly message: TargetReply;
  readonly connection: RawConnection;
}

/** A peer played by the suite: something that listens, and that a target is told to dial. */
export class FakePeer {
  readonly name: string;
  /** `host:port`, as `add_peer` takes it. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Every connection the target has made, in order. */
  readonly connections: RawConnection[] = [];
  readonly received: ReceivedMessage[] = [];
  readonly changed = new ConditionVariable();
  readonly #server: Server;
  readonly #transcript: Transcript;
  readonly #behaviour: FakePeerBehaviour;

  private constructor(server: Server, name: string, exchange: Transcript, behaviour: FakePeerBehaviour) {
    const { address, port } = server.address() as AddressInfo;
    this.name = name;
    this.host = address;
    this.port = port;
    this.address = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    this.#server = server;
    this.#transcript = exchange;
    this.#behaviour = behaviour;
    server.on('connection', (socket) => {
      const link = new RawConnection(socket, `${name} link ${this.connections.length + 1}`, exchange, this.changed);
      exchange.event(link.name, `the target dials ${this.address}`);
      this.#acceptConnection(link);
    });
  }

  /** Listens on a free port of `host`; rejects with the system's error. */
  static listen(host: string, name: string, exchange: Transcript, behaviour: FakePeerBehaviour): Promise<FakePeer> {
    const server = createServer({ allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: 0, backlog: 64 }, () => resolve(new FakePeer(server, name, exchange, behaviour)));
    });
  }

  /** Whether it is dialed `times` times within `wait` milliseconds. */
  waitForDials(wait: number, times = 1): Promise<boolean> {
    return this.changed.waitUntil(() => this.connections.length >= times, wait);
  }

  /** The first message that is `wanted`; undefined when none comes within `wait` milliseconds. */
  async waitForMessage(wanted: (message: TargetReply) => boolean, wait: number): Promise<ReceivedMessage | undefined> {
    const find = () => this.received.find(({ message }) => wanted(message));
    await this.changed.waitUntil(() => find() !== undefined, wait);
    return find();
  }

  /** Says something on every link that is open, as a node that was dialed may. */
  sendToAll(text: string): void {
    for (const link of this.connections) link.send(text);
  }

  close(): void {
    this.#server.close();
    for (const link of this.connections) link.close();
  }

  /** Stops listening, so that dials are refused; links stay. */
  stopListening(): void {
    this.#transcript.event(this.name, 'the suite stops listening');
    this.#server.close();
  }

  #acceptConnection(link: RawConnection): void {
    this.connections.push(link);
    link.onReply = (message) => {
      this.received.push({ message, connection: link });
      if (this.#behaviour.answersHello !== false) this.#answer(message, link);
      return true;
    };
    this.#behaviour.onDial?.(link);
    this.changed.notifyAll();
  }

  #answer({ type, payload }: TargetReply, link: RawConnection): void {
    if (type === 'hello') link.send(this.helloText());
    else if (type === 'ping') link.send(`${JSON.stringify({ message_type: 'pong', payload })}\n\n`);
  }

  /** What it says of itself. */
  helloText(): string {
    const payload = { name: this.name.replaceAll(' ', '-'), listen: this.address, version: '1' };
    return `${JSON.stringify({ message_type: 'hello', payload })}\n\n`;
  }
}
