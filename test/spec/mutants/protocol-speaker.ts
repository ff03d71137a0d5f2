import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Framer } from './framer.ts';

export interface Message {
  message_type: string;
  payload?: unknown;
}

export interface Connection {
  socket: Socket;
  framer: Framer;
  /** True if the node dialed it. */
  dialed: boolean;
  host: string;
  /** True after a hello; `listen` is the address in it. */
  greeted: boolean;
  listen?: string | undefined;
  timer?: NodeJS.Timeout | undefined;
  unfinished?: NodeJS.Timeout | undefined;
  pings?: NodeJS.Timeout | undefined;
}

/** Thrown to refuse a message; the message of the error is the code. */
export class Refusal extends Error {}

export type Handler = (payload: unknown, connection: Connection, message: Message) => Message | undefined;

const HIGH_WATER = 65_536;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Connections and messages of a node, without the meaning of the messages. */
export abstract class ProtocolSpeaker {
  readonly host = '127.0.0.1';
  port = 0;
  closeDelay = 1_000;
  messageTimeout = 1_000;
  deadAfter = 1_000;
  readonly server: Server;
  protected readonly open = new Set<Connection>();
  protected stopped = false;

  abstract readonly handlers: ReadonlyMap<string, Handler>;

  constructor() {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, this.host, resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  stop(): void {
    this.stopped = true;
    this.server.close();
    for (const { socket } of this.open) socket.destroy();
  }

  // Connections.

  accept(socket: Socket): void {
    this.connected(socket, false);
  }

  framer(): Framer {
    return new Framer();
  }

  connected(socket: Socket, dialed: boolean): Connection {
    const host = (socket.remoteAddress ?? '').replace('::ffff:', '');
    const connection: Connection = { socket, framer: this.framer(), dialed, host, greeted: false };
    this.open.add(connection);
    socket.on('data', (chunk) => this.hear(connection, chunk));
    socket.on('end', () => this.halfClosed(connection));
    socket.on('error', (error: NodeJS.ErrnoException) => this.broken(error));
    socket.on('close', () => {
      this.open.delete(connection);
      clearTimeout(connection.timer);
      clearTimeout(connection.unfinished);
      clearInterval(connection.pings);
    });
    return connection;
  }

  broken(_error: NodeJS.ErrnoException): void {}

  hear(connection: Connection, chunk: Buffer): void {
    for (const frame of connection.framer.push(chunk)) this.take(connection, frame);
    this.rest(connection);
  }

  take(connection: Connection, frame: ReturnType<Framer['push']>[number]): void {
    if ('bytes' in frame) this.receive(connection, frame.bytes);
    else this.refuse(connection, frame.refused, frame.fatal);
  }

  /** Updates timers and flow control after each read. */
  rest(connection: Connection): void {
    const { socket, framer } = connection;
    if (framer.pending === 0) {
      clearTimeout(connection.unfinished);
      connection.unfinished = undefined;
    } else {
      connection.unfinished ??= setTimeout(() => this.tooSlow(connection), this.messageTimeout);
    }
    if (connection.greeted) this.watch(connection);
    if (socket.writableLength > HIGH_WATER) this.clogged(connection);
  }

  tooSlow({ socket }: Connection): void {
    socket.destroy();
  }

  clogged({ socket, dialed }: Connection): void {
    if (dialed) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  }

  halfClosed(connection: Connection): void {
    for (const frame of connection.framer.end()) this.take(connection, frame);
    connection.socket.end();
  }

  // Messages.

  receive(connection: Connection, bytes: Buffer): void {
    try {
      const reply = this.answer(this.check(this.read(bytes)), connection);
      if (reply !== undefined) this.send(connection, reply);
    } catch (error) {
      this.refuse(connection, error instanceof Refusal ? error.message : 'invalid_message');
    }
  }

  refuse(connection: Connection, code: string, fatal = false): void {
    this.send(connection, { message_type: 'error', payload: { code, message: code } });
    if (fatal) connection.socket.end();
  }

  decode(bytes: Buffer): string {
    try {
      return strictUtf8.decode(bytes).replaceAll('\ufeff', '');
    } catch {
      throw new Refusal('invalid_json');
    }
  }

  read(bytes: Buffer): unknown {
    const text = this.decode(bytes);
    let value: unknown;
    try {
      value = this.parse(text);
    } catch {
      throw new Refusal('invalid_json');
    }
    const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];
    if (!numbers.every((number) => this.isExact(number))) throw new Refusal('invalid_message');
    return value;
  }

  parse(text: string): unknown {
    return JSON.parse(text);
  }

  isExact(number: string): boolean {
    const value = Number(number);
    return Number.isFinite(value) && (!/^-?\d+$/.test(number) || Number.isSafeInteger(value));
  }

  check(value: unknown): Message {
    const type = (value as Partial<Message> | null)?.message_type;
    if (Array.isArray(value) || typeof type !== 'string' || type === '') throw new Refusal('invalid_message');
    return value as Message;
  }

  answer(message: Message, connection: Connection): Message | undefined {
    const handler = this.handlers.get(message.message_type);
    if (handler === undefined) throw new Refusal('unknown_type');
    return handler(message.payload, connection, message);
  }

  encode({ message_type, payload }: Message): string {
    return `${JSON.stringify({ message_type, payload })}\n\n`;
  }

  send(connection: Connection, message: Message): void {
    connection.socket.write(this.encode(message));
    this.scheduleClose(connection);
  }

  /** Closes a connection that never said hello a second after its last reply. */
  scheduleClose(connection: Connection): void {
    if (connection.dialed || connection.greeted) return;
    clearTimeout(connection.timer);
    connection.timer = setTimeout(() => connection.socket.destroy(), this.closeDelay);
  }

  /** Closes a link that is silent for too long. */
  watch(connection: Connection): void {
    if (!connection.dialed) return;
    connection.pings ??= setInterval(() => this.send(connection, { message_type: 'ping' }), this.deadAfter / 3);
    clearTimeout(connection.timer);
    connection.timer = setTimeout(() => connection.socket.destroy(), this.deadAfter);
  }
}
