import { type AddressInfo, createServer, type Server } from 'node:net';
import { ConditionVariable } from './condition-variable.ts';
import { formatAddress, RawConnection } from './raw-connection.ts';
import type { TargetReply } from './reply.ts';
import type { Transcript } from './transcript.ts';

/** Behaviour of a fake peer on the links that the target dials to it. */
export interface FakePeerBehaviour {
  /** Answers `hello` and `ping`, as nodes do. @default true */
  readonly answersHello?: boolean;
  /** Called with each new link. */
  readonly onDial?: (link: RawConnection) => void;
}

/** Message that the target sent to a fake peer. */
export interface ReceivedMessage {
  readonly message: TargetReply;
  readonly connection: RawConnection;
}

/** Peer simulated by the suite: it listens, and the suite sends the target an `add_peer` with its address. */
export class FakePeer {
  readonly name: string;
  /** `host:port`, as `add_peer` takes it. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** All connections that the target has made, in order. */
  readonly connections: RawConnection[] = [];
  readonly received: ReceivedMessage[] = [];
  readonly changed = new ConditionVariable();
  readonly #server: Server;
  readonly #transcript: Transcript;
  readonly #behaviour: FakePeerBehaviour;

  private constructor(server: Server, name: string, transcript: Transcript, behaviour: FakePeerBehaviour) {
    const { address: host, port } = server.address() as AddressInfo;
    this.name = name;
    this.host = host;
    this.port = port;
    this.address = formatAddress({ host, port });
    this.#server = server;
    this.#transcript = transcript;
    this.#behaviour = behaviour;
    server.on('connection', (socket) => {
      const link = new RawConnection(socket, `${name} link ${this.connections.length + 1}`, transcript, this.changed);
      transcript.event(link.name, `the target dials ${this.address}`);
      this.#acceptConnection(link);
    });
  }

  /** Listens on a free port of `host`. Rejects with the system's error if it cannot. */
  static listen(host: string, name: string, transcript: Transcript, behaviour: FakePeerBehaviour): Promise<FakePeer> {
    const server = createServer({ allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: 0, backlog: 64 }, () => resolve(new FakePeer(server, name, transcript, behaviour)));
    });
  }

  /** Resolves to true once the target has dialed `times` times, and to false if it has not within `timeoutMs`. */
  waitForDials(timeoutMs: number, times = 1): Promise<boolean> {
    return this.changed.waitUntil(() => this.connections.length >= times, timeoutMs);
  }

  /** Resolves to the first message that `matches`, or to undefined if none comes within `timeoutMs`. */
  async waitForMessage(
    matches: (message: TargetReply) => boolean,
    timeoutMs: number,
  ): Promise<ReceivedMessage | undefined> {
    const find = () => this.received.find(({ message }) => matches(message));
    await this.changed.waitUntil(() => find() !== undefined, timeoutMs);
    return find();
  }

  /** Sends on every open link, as a dialed node may. */
  sendToAll(text: string): void {
    for (const link of this.connections) link.send(text);
  }

  close(): void {
    this.#server.close();
    for (const link of this.connections) link.close();
  }

  /** Stops listening, so that dials are refused. Existing links stay. */
  stopListening(): void {
    this.#transcript.event(this.name, 'the suite stops listening');
    this.#server.close();
  }

  /** Returns the `hello` with which this peer introduces itself. */
  helloText(): string {
    const payload = { name: this.name.replaceAll(' ', '-'), listen: this.address, version: '1' };
    return `${JSON.stringify({ message_type: 'hello', payload })}\n\n`;
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
}
