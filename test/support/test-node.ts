import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createLog, createNode, type Node, type NodeOptions } from '../../src/node/index.ts';
import { type Address, Decoder, encode, type Message } from '../../src/protocol/index.ts';
import { until } from './until.ts';

/** A node of a test, and its log. It listens on a free port of 127.0.0.1 unless the options say otherwise. */
export interface TestNode {
  node: Node;
  address: Address;
  /** `host:port` */
  listen: string;
  logged: Record<string, unknown>[];
}

const cleanups: (() => Promise<void> | void)[] = [];

/** Stops everything that the test started; for afterEach. */
export async function cleanUp(): Promise<void> {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
}

export async function startNode(options: Partial<NodeOptions> = {}): Promise<TestNode> {
  const logged: Record<string, unknown>[] = [];
  const name = options.name ?? 'n1';
  const log = createLog({ node: name, level: 'debug', write: (line) => logged.push(JSON.parse(line)) });
  const node = createNode({ name, host: '127.0.0.1', port: 0, log, ...options });
  const address = await node.start();
  cleanups.push(() => node.stop());
  return { node, address, listen: `${address.host}:${address.port}`, logged };
}

/** One end of a connection, played by the test. */
export class Client {
  readonly socket: Socket;
  /** Everything received, as text. */
  text = '';
  ended = false;
  closed = false;
  readonly received: Message[] = [];
  readonly #decoder = new Decoder();
  #taken = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
      for (const { message } of this.#decoder.push(chunk)) if (message !== undefined) this.received.push(message);
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
    cleanups.push(() => void socket.destroy());
  }

  send(message: Message | string | Buffer): this {
    this.socket.write(typeof message === 'string' || Buffer.isBuffer(message) ? message : encode(message));
    return this;
  }

  /** Returns the next message that has not been taken. */
  async next(): Promise<Message> {
    await until(() => this.received.length > this.#taken, 'a message');
    return this.received[this.#taken++]!;
  }

  /** Sends a message and returns the next one. */
  ask(message: Message | string | Buffer): Promise<Message> {
    return this.send(message).next();
  }
}

/** Connects to a node from a loopback address. */
export async function dial({ port, host }: Address, from = '127.0.0.1'): Promise<Client> {
  const socket = connect({ port, host, localAddress: from, allowHalfOpen: true, noDelay: true });
  const client = new Client(socket);
  await once(socket, 'connect');
  return client;
}

/** A peer played by the test: `clients` are the connections to it, and `greet` answers hellos. */
export class FakePeer {
  readonly clients: Client[] = [];
  listen = '';
  readonly #server: Server;

  constructor(react: (client: Client, peer: FakePeer) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const client = new Client(socket);
      this.clients.push(client);
      react(client, this);
    });
  }

  /** Returns all messages of one type, received on any connection. */
  got(type: string): Message[] {
    return this.clients.flatMap((client) => client.received.filter((message) => message.message_type === type));
  }

  async start(host = '127.0.0.1', port = 0): Promise<this> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const { port: actual } = this.#server.address() as { port: number };
    this.listen = `${host}:${actual}`;
    cleanups.push(() => this.stop());
    return this;
  }

  stop(): void {
    this.#server.close();
    for (const client of this.clients) client.socket.destroy();
  }
}

/** Answers every hello, as a node would. */
export function greet(client: Client, peer: FakePeer): void {
  client.socket.on('data', () => {
    if (client.received.at(-1)?.message_type !== 'hello') return;
    client.send({ message_type: 'hello', payload: { name: 'fake', listen: peer.listen, id: peer.listen } });
  });
}
