// Runs in the network of a node and measures its links as the node has them: over connections from its address.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { type DecodeResult, Decoder, encode } from '../../protocol/index.ts';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import type { ProbeResult, ProbeTask } from './probe-task.ts';

/** Bytes of one message of a bulk transfer: well below what any node must accept. */
const CHUNK_BYTES = 64 * 1024;
const MIN_BULK_MESSAGES = 8;
const REPLY_TIMEOUT_MS = 30_000;
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

async function measureRoundTrips(task: NonNullable<ProbeTask['pings']>): Promise<ProbeResult> {
  const { host, port, count, milliseconds } = task;
  const rtts: number[] = [];
  const end = performance.now() + milliseconds;
  // A node may close a connection that has been quiet for a while, as one is while a lost packet is sent again.
  for (let connection = 0; rtts.length < count && connection <= count; connection++) {
    if (rtts.length > 0 && performance.now() > end) break;
    const socket = await openConnection(host, port);
    const replies = readReplies(socket);
    // The first round trip is not counted: the other side may load code for it.
    for (let n = -1; rtts.length < count && (rtts.length === 0 || performance.now() < end); n++) {
      const start = performance.now();
      socket.write(encode({ message_type: 'ping', payload: n }));
      if ((await replies.next()).done) break;
      if (n >= 0) rtts.push(performance.now() - start);
    }
    socket.destroy();
  }
  if (rtts.length === 0) throw new Error(`${host}:${port} answers no pings`);
  return { rtts };
}

async function measureThroughput(task: NonNullable<ProbeTask['bulk']>): Promise<ProbeResult> {
  const { host, port, rate, milliseconds } = task;
  const socket = await openConnection(host, port);
  const replies = readReplies(socket);
  const message = encode({ message_type: 'get_peers', payload: 'x'.repeat(CHUNK_BYTES) });
  const count = Math.max(MIN_BULK_MESSAGES, Math.ceil((rate * milliseconds) / 8_000 / message.length));
  /** Time of each reply, in seconds. */
  const times: number[] = [];
  const sending = (async () => {
    for (let n = 0; n < count; n++) if (!socket.write(message)) await once(socket, 'drain');
  })();
  for (let n = 0; n < count; n++) {
    const { done } = await replies.next();
    if (done) throw new Error(`${host}:${port} closed the connection after ${n} of ${count} messages`);
    times.push(performance.now() / 1_000);
  }
  await sending;
  socket.destroy();
  return { bytes: count * message.length, seconds: count * secondsPerReply(times) };
}

/** Returns the slope of the line that fits best: a late reply at either end says little about those between. */
function secondsPerReply(times: readonly number[]): number {
  const middle = (times.length - 1) / 2;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const covariance = times.reduce((sum, time, n) => sum + (n - middle) * (time - mean), 0);
  return covariance / times.reduce((sum, _, n) => sum + (n - middle) ** 2, 0);
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
  socket.bind(port);
  await once(socket, 'listening');
  writeResult({ ready: true });
  await wait(milliseconds, undefined, { signal: quietReached.signal }).catch((error: Error) => {
    if (!quietReached.signal.aborted) throw error;
  });
  socket.close();
  return {
    received: Object.fromEntries(
      [...senders].map(([address, { numbers, repeated, late }]) => [address, { unique: numbers.size, repeated, late }]),
    ),
  };
}

async function main(): Promise<void> {
  const task = JSON.parse(await text(process.stdin)) as ProbeTask;
  if (task.pings) writeResult(await measureRoundTrips(task.pings));
  if (task.bulk) writeResult(await measureThroughput(task.bulk));
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
