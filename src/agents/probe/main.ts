// Runs in the network of a node, to measure its links as that node has them: over connections from its address.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import type { ProbeResult, ProbeTask } from './probe-task.ts';

/** Bytes of one message of a bulk transfer: well below what any node must take. */
const CHUNK_BYTES = 64 * 1024;
/** A reply that takes longer than this never comes, milliseconds. */
const REPLY_TIMEOUT_MS = 30_000;

const writeResult = (result: ProbeResult) => process.stdout.write(`${JSON.stringify(result)}\n`);

/** Replies on a connection, one at a time; a message is complete at the brace that closes it. */
async function* readReplies(socket: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end).trim();
      text = text.slice(end + 1);
      if (line !== '') yield line;
    }
  }
}

async function openConnection(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  socket.setTimeout(REPLY_TIMEOUT_MS, () =>
    socket.destroy(new Error(`${host}:${port} said nothing for ${REPLY_TIMEOUT_MS / 1000} s`)),
  );
  await once(socket, 'connect');
  return socket;
}

async function measureRoundTrips({
  host,
  port,
  count,
  milliseconds,
}: NonNullable<ProbeTask['pings']>): Promise<ProbeResult> {
  const rtts: number[] = [];
  const end = performance.now() + milliseconds;
  // A node may close a connection that has been quiet for a while, as one is while a lost packet is sent anew.
  for (let connection = 0; rtts.length < count && connection <= count; connection++) {
    if (rtts.length > 0 && performance.now() > end) break;
    const socket = await openConnection(host, port);
    const answers = readReplies(socket);
    // The first round trip also makes the other side load what it needs.
    for (let n = -1; rtts.length < count && (rtts.length === 0 || performance.now() < end); n++) {
      const began = performance.now();
      socket.write(`${JSON.stringify({ message_type: 'ping', payload: n })}\n\n`);
      if ((await answers.next()).done) break;
      if (n >= 0) rtts.push(performance.now() - began);
    }
    socket.destroy();
  }
  if (rtts.length === 0) throw new Error(`${host}:${port} answers no pings`);
  return { rtts };
}

async function measureThroughput({
  host,
  port,
  rate,
  milliseconds,
}: NonNullable<ProbeTask['bulk']>): Promise<ProbeResult> {
  const socket = await openConnection(host, port);
  const answers = readReplies(socket);
  const chunk = `${JSON.stringify({ message_type: 'get_peers', payload: 'x'.repeat(CHUNK_BYTES) })}\n\n`;
  const many = Math.max(8, Math.ceil((rate * milliseconds) / 8_000 / chunk.length));
  /** When each reply came, seconds. */
  const times: number[] = [];
  const sending = (async () => {
    for (let n = 0; n < many; n++) if (!socket.write(chunk)) await once(socket, 'drain');
  })();
  for (let n = 0; n < many; n++) {
    const { done } = await answers.next();
    if (done) throw new Error(`${host}:${port} closed the connection after ${n} of ${many} messages`);
    times.push(performance.now() / 1000);
  }
  await sending;
  socket.destroy();
  return { bytes: many * chunk.length, seconds: many * secondsPerReply(times) };
}

/** Seconds from one to the next, by the line that fits best: a late one at either end says little of those between. */
function secondsPerReply(times: readonly number[]): number {
  const middle = (times.length - 1) / 2;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const over = times.reduce((sum, time, n) => sum + (n - middle) * (time - mean), 0);
  return over / times.reduce((sum, _, n) => sum + (n - middle) ** 2, 0);
}

async function sendDatagrams({ host, port, count, every }: NonNullable<ProbeTask['send']>): Promise<ProbeResult> {
  const socket = createSocket('udp4');
  const bytes = Buffer.alloc(8);
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    bytes.writeUInt32BE(n);
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, port, host, (error) => (error ? reject(error) : resolve()));
    });
    const ahead = began + n * every - performance.now();
    if (ahead > 1) await wait(ahead);
  }
  socket.close();
  return { sent: count };
}

async function countDatagrams({ port, quiet, milliseconds }: NonNullable<ProbeTask['receive']>): Promise<ProbeResult> {
  const seen = new Map<string, { numbers: Set<number>; highest: number; repeated: number; late: number }>();
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  const over = new AbortController();
  let noSilence = () => {};
  socket.on('message', (bytes, { address }) => {
    if (bytes.length !== 8) return;
    const number = bytes.readUInt32BE();
    const from = seen.get(address) ?? { numbers: new Set(), highest: -1, repeated: 0, late: 0 };
    seen.set(address, from);
    if (from.numbers.has(number)) from.repeated++;
    else if (number < from.highest) from.late++;
    noSilence();
    noSilence = setTimeoutAfterIo(quiet, () => over.abort());
    from.numbers.add(number);
    from.highest = Math.max(from.highest, number);
  });
  socket.bind(port);
  await once(socket, 'listening');
  writeResult({ ready: true });
  await wait(milliseconds, undefined, { signal: over.signal }).catch((error: Error) => {
    if (!over.signal.aborted) throw error;
  });
  socket.close();
  return {
    received: Object.fromEntries(
      [...seen].map(([from, { numbers, repeated, late }]) => [from, { unique: numbers.size, repeated, late }]),
    ),
  };
}

async function main(): Promise<void> {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const task = JSON.parse(text) as ProbeTask;
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
