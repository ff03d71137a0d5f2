// Runs in a network namespace of a test as a host of its bridge. Takes commands as JSON lines on standard input, replies to each,
// and reports what happens on its sockets.

import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

export type HostCommand =
  | { op: 'hello' }
  | { op: 'listen'; port: number; echo?: boolean }
  | { op: 'dial'; connection: string; host: string; port: number; wait: number }
  | { op: 'write'; connection: string; text: string }
  | { op: 'end' | 'reset' | 'pause' | 'resume'; connection: string }
  | { op: 'blast'; connection: string; bytes: number }
  | { op: 'collect'; port: number }
  | { op: 'collected' }
  | { op: 'datagrams'; host: string; port: number; count: number };

/** `at`: milliseconds of a clock that all processes share. The `text` of `data` is left out when long. */
export type HostEvent =
  | { event: 'accepted'; connection: string; address: string; port: number; at: number }
  | { event: 'data'; connection: string; bytes: number; text?: string; at: number }
  | { event: 'end' | 'close'; connection: string; error?: string; at: number };

const MAX_SHOWN_BYTES = 4_096;
const sockets = new Map<string, Socket>();
const MARK = 'mark';
/** Size of a datagram: most of a packet is payload. */
const DATAGRAM_BYTES = 1_000;
/** Datagrams sent without a pause. */
const DATAGRAM_BURST = 20;
const collector = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
/** Contents of the datagrams received, in order. */
const numbers: number[] = [];
let marked = () => {};

const at = (): number => Number(process.hrtime.bigint()) / 1e6;
const writeLine = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const report = (happening: HostEvent): void => writeLine(happening);

function adopt(connection: string, socket: Socket, echo: boolean): void {
  sockets.set(connection, socket);
  let error: string | undefined;
  socket.setNoDelay();
  socket.on('data', (chunk) => {
    const text = chunk.length <= MAX_SHOWN_BYTES ? { text: chunk.toString('latin1') } : {};
    report({ event: 'data', connection, bytes: chunk.length, ...text, at: at() });
    if (echo) socket.write(chunk);
  });
  socket.on('end', () => report({ event: 'end', connection, at: at() }));
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code ?? cause.message;
  });
  socket.on('close', () => report({ event: 'close', connection, ...(error === undefined ? {} : { error }), at: at() }));
}

function listen(port: number, echo: boolean): Promise<object> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = `${socket.remoteAddress}:${socket.remotePort}`;
      report({
        event: 'accepted',
        connection,
        address: socket.remoteAddress as string,
        port: socket.remotePort as number,
        at: at(),
      });
      adopt(connection, socket, echo);
    });
    server.once('error', reject);
    server.listen(port, '0.0.0.0', () => resolve({}));
  });
}

function dial({ connection, host, port, wait }: HostCommand & { op: 'dial' }): Promise<object> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const done = (reply: object) => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(reply);
    };
    const failed = (error: NodeJS.ErrnoException) => done({ failed: error.code });
    const timer = setTimeout(() => {
      socket.destroy();
      done({ failed: 'timeout' });
    }, wait);
    socket.once('error', failed);
    socket.once('connect', () => {
      adopt(connection, socket, false);
      done({ localPort: socket.localPort, remote: `${socket.remoteAddress}:${socket.remotePort}` });
    });
  });
}

async function blast(socket: Socket, bytes: number): Promise<object> {
  const chunk = Buffer.alloc(16_384, 'x');
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  return {};
}

function collect(port: number): Promise<object> {
  return new Promise((resolve, reject) => {
    collector.on('message', (message) => {
      if (message.toString() === MARK) marked();
      else numbers.push(Number(message.toString()));
    });
    collector.once('error', reject);
    collector.bind(port, () => resolve({}));
  });
}

/** Returns what was received, up to a mark that is sent now and comes after everything that waits to be read. */
function collected(): Promise<object> {
  return new Promise((resolve) => {
    marked = () => resolve({ datagrams: numbers.length, numbers });
    collector.send(MARK, collector.address().port, '127.0.0.1');
  });
}

async function sendDatagrams(host: string, port: number, count: number): Promise<object> {
  const socket = createSocket('udp4');
  for (let sent = 0; sent < count; sent++) {
    await new Promise((resolve, reject) =>
      socket.send(String(sent).padEnd(DATAGRAM_BYTES), port, host, (error) =>
        error ? reject(error) : resolve(undefined),
      ),
    );
    // What arrives faster than a slow machine reads it is lost in the socket, not on the link.
    if (sent % DATAGRAM_BURST === DATAGRAM_BURST - 1) await wait(1);
  }
  socket.close();
  return {};
}

async function obey(order: HostCommand): Promise<object> {
  if (order.op === 'hello') return {};
  if (order.op === 'listen') return await listen(order.port, order.echo ?? false);
  if (order.op === 'dial') return await dial(order);
  if (order.op === 'collect') return await collect(order.port);
  if (order.op === 'collected') return await collected();
  if (order.op === 'datagrams') return await sendDatagrams(order.host, order.port, order.count);
  const socket = sockets.get(order.connection);
  if (socket === undefined) throw new Error(`no connection ${order.connection}`);
  switch (order.op) {
    case 'write': {
      const sent = at();
      socket.write(order.text);
      return { at: sent };
    }
    case 'blast':
      return await blast(socket, order.bytes);
    case 'end':
      socket.end();
      return {};
    case 'reset':
      socket.resetAndDestroy();
      return {};
    case 'pause':
      socket.pause();
      return {};
    case 'resume':
      socket.resume();
      return {};
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, ...order } = JSON.parse(line) as HostCommand & { id: number };
    obey(order as HostCommand).then(
      (reply) => writeLine({ id, ...reply }),
      (error: Error) => writeLine({ id, error: error.message }),
    );
  })
  .on('close', () => process.exit(0));
