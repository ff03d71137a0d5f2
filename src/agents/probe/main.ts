// Runs in the network of a node and measures its links as the node has them: over connections from its address.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { type DecodeResult, Decoder, encode } from '../../protocol/index.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import { readReceivedWireBytes, readUnreadDatagrams } from './interface-counters.ts';
import type { ProbeResult, ProbeTask, ReceivedCount } from './probe-task.ts';

/** Bytes that are written at once. */
const CHUNK_BYTES = 64 * 1024;
/** Ethernet, IPv4 and TCP headers with timestamps. */
const HEADER_BYTES = 66;
/** One in so many pings goes to the own node. */
const OWN_PING_SHARE = 4;
const REPLY_TIMEOUT_MS = 30_000;
/** Longest wait for the next bytes of a transfer. */
const ARRIVAL_TIMEOUT_MS = 2_000;
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** A datagram holds its number, and zeros that tell it from others. */
const DATAGRAM_BYTES = 8;

const writeResult = (result: ProbeResult) => process.stdout.write(`${JSON.stringify(result)}\n`);

async function* readReplies(socket: Socket): AsyncGenerator<DecodeResult> {
  const decoder = new Decoder();
  for await (const chunk of socket) yield* decoder.push(chunk);
}

async function openConnection(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  socket.setTimeout(REPLY_TIMEOUT_MS, () =>
    socket.destroy(new Error(`${host}:${port} sent nothing for ${REPLY_TIMEOUT_MS / 1_000} s`)),
  );
  await once(socket, 'connect');
  return socket;
}

interface PingConnection {
  socket: Socket;
  replies: AsyncGenerator<DecodeResult>;
}

/** A node to ping over one connection after another: it may close one that has been quiet, as while a lost packet is sent again. */
class PingTarget {
  readonly #host: string;
  readonly #port: number;
  #connection: PingConnection | undefined;
  #sent = 0;
  pingBytes: { sent: number; received: number } | undefined;

  constructor({ host, port }: { host: string; port: number }) {
    this.#host = host;
    this.#port = port;
  }

  /** @returns milliseconds; undefined when the node closed the connection instead of answering */
  async ping(): Promise<number | undefined> {
    const isFirst = this.#connection === undefined;
    this.#connection ??= await this.#open();
    // The first round trip is not counted: the other side may load code for it.
    if (isFirst && (await this.#roundTrip()) === undefined) return undefined;
    return this.#roundTrip();
  }

  close(): void {
    this.#connection?.socket.destroy();
    this.#connection = undefined;
  }

  async #open() {
    const socket = await openConnection(this.#host, this.#port);
    return { socket, replies: readReplies(socket) };
  }

  async #roundTrip(): Promise<number | undefined> {
    const { socket, replies } = this.#connection as PingConnection;
    const message = encode({ message_type: 'ping', payload: this.#sent++ });
    const [start, receivedBefore] = [performance.now(), socket.bytesRead];
    socket.write(message);
    if ((await replies.next()).done) {
      this.close();
      return undefined;
    }
    const rtt = performance.now() - start;
    const received = socket.bytesRead - receivedBefore + HEADER_BYTES;
    this.pingBytes = { sent: message.length + HEADER_BYTES, received };
    return rtt;
  }
}

async function measureRoundTrips(task: NonNullable<ProbeTask['pings']>): Promise<ProbeResult> {
  const { host, port, own, count, milliseconds } = task;
  const [target, self] = [new PingTarget({ host, port }), new PingTarget(own)];
  const rtts: number[] = [];
  const ownRtts: number[] = [];
  let isSelfSilent = false;
  let failures = 0;
  const end = performance.now() + milliseconds;
  while (rtts.length < count && failures <= count && (rtts.length === 0 || performance.now() < end)) {
    const rtt = await target.ping();
    if (rtt === undefined) failures++;
    else rtts.push(rtt);
    if (isSelfSilent || ownRtts.length * OWN_PING_SHARE >= rtts.length) continue;
    // A node that does not answer its own pings says nothing of this machine.
    const ownRtt = await self.ping().catch(() => undefined);
    if (ownRtt === undefined) isSelfSilent = true;
    else ownRtts.push(ownRtt);
  }
  target.close();
  self.close();
  if (rtts.length === 0) throw new Error(`${host}:${port} answers no pings`);
  return { rtts, ownRtts, ...(target.pingBytes ? { pingBytes: target.pingBytes } : {}) };
}

async function flood({ host, port }: NonNullable<ProbeTask['flood']>): Promise<ProbeResult> {
  const socket = await openConnection(host, port);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const start = performance.now();
  let waiting = 0;
  let ended = false;
  socket.on('error', () => {}); // The other end resets the connection when it has seen enough.
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      ended = true;
      resolve();
    });
  });
  while (!ended) {
    if (socket.write(chunk)) continue;
    const began = performance.now();
    await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
    waiting += performance.now() - began;
  }
  return { waiting: waiting / (performance.now() - start) };
}

async function drain({ port, warmUp, every, count }: NonNullable<ProbeTask['drain']>): Promise<ProbeResult> {
  const server = createServer().listen(port);
  await once(server, 'listening');
  writeResult({ ready: true });
  const [socket] = (await once(server, 'connection', { signal: AbortSignal.timeout(REPLY_TIMEOUT_MS) })) as [Socket];
  socket.on('error', () => {}).resume();
  await wait(warmUp);
  const counts: ReceivedCount[] = [];
  for (let n = 0; n <= count; n++) {
    if (n > 0) await wait(every);
    // At a low rate many segments arrive as one packet, half a second apart: a count between two of them would be off by that.
    await Promise.race([once(socket, 'data').catch(() => {}), wait(ARRIVAL_TIMEOUT_MS)]);
    counts.push({ at: performance.now(), bytes: await readReceivedWireBytes(), ownBytes: socket.bytesRead });
  }
  socket.resetAndDestroy();
  server.close();
  return { counts };
}

async function sendDatagrams({ host, port, count, every }: NonNullable<ProbeTask['send']>): Promise<ProbeResult> {
  const socket = createSocket('udp4');
  const bytes = Buffer.alloc(DATAGRAM_BYTES);
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    bytes.writeUInt32BE(n);
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, port, host, (error) => (error ? reject(error) : resolve()));
    });
    const ahead = start + n * every - performance.now();
    if (ahead > 1) await wait(ahead);
  }
  socket.close();
  return { sent: count };
}

async function countDatagrams({ port, quiet, milliseconds }: NonNullable<ProbeTask['receive']>): Promise<ProbeResult> {
  const senders = new Map<string, { numbers: Set<number>; highest: number; repeated: number; late: number }>();
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  const quietReached = new AbortController();
  let cancelQuietTimer = () => {};
  socket.on('message', (bytes, { address }) => {
    if (bytes.length !== DATAGRAM_BYTES) return;
    const number = bytes.readUInt32BE();
    const sender = senders.get(address) ?? { numbers: new Set(), highest: -1, repeated: 0, late: 0 };
    senders.set(address, sender);
    if (sender.numbers.has(number)) sender.repeated++;
    else if (number < sender.highest) sender.late++;
    cancelQuietTimer();
    cancelQuietTimer = setTimeoutAfterIo(quiet, () => quietReached.abort());
    sender.numbers.add(number);
    sender.highest = Math.max(sender.highest, number);
  });
  const unreadBefore = await readUnreadDatagrams();
  socket.bind(port);
  await once(socket, 'listening');
  writeResult({ ready: true });
  await wait(milliseconds, undefined, { signal: quietReached.signal }).catch((error: Error) => {
    if (!quietReached.signal.aborted) throw error;
  });
  socket.close();
  return {
    unread: (await readUnreadDatagrams()) - unreadBefore,
    received: Object.fromEntries(
      [...senders].map(([address, { numbers, repeated, late }]) => [address, { unique: numbers.size, repeated, late }]),
    ),
  };
}

async function main(): Promise<void> {
  const task = JSON.parse(await text(process.stdin)) as ProbeTask;
  if (task.pings) writeResult(await measureRoundTrips(task.pings));
  if (task.flood) writeResult(await flood(task.flood));
  if (task.drain) writeResult(await drain(task.drain));
  if (task.send) writeResult(await sendDatagrams(task.send));
  if (task.receive) writeResult(await countDatagrams(task.receive));
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    writeResult({ error: error.message });
    process.exit(1);
  },
);
