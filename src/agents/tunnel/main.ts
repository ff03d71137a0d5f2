// Runs in a container on the nodes' network, for a controller that cannot reach that network itself: dials what the frames on
// its standard input say, and writes what the nodes send to its standard output. Ends with its input.
import { connect, type Socket } from 'node:net';
import { FrameBatch } from './frame-batch.ts';
import { encodeTunnelFrame, TunnelFrameReader } from './tunnel-frame.ts';

const sockets = new Map<number, Socket>();
const reader = new TunnelFrameReader();

let isPaused = false;

const output = new FrameBatch((bytes) => {
  if (process.stdout.write(bytes) || isPaused) return;
  isPaused = true;
  for (const socket of sockets.values()) socket.pause();
  process.stdout.once('drain', () => {
    isPaused = false;
    for (const socket of sockets.values()) socket.resume();
  });
});

function openConnection(connection: number, address: string): void {
  const colon = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
  let reason = '';
  sockets.set(connection, socket);
  socket.once('connect', () => output.add(encodeTunnelFrame(connection, 'opened')));
  socket.on('data', (chunk) => output.add(encodeTunnelFrame(connection, 'data', chunk)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  socket.once('close', () => {
    // Not reported if the controller closed it.
    if (sockets.delete(connection)) output.add(encodeTunnelFrame(connection, 'close', reason));
  });
}

process.stdin.on('data', (chunk: Buffer) => {
  for (const { connection, kind, body } of reader.push(chunk)) {
    const socket = sockets.get(connection);
    if (kind === 'open') openConnection(connection, body.toString());
    else if (kind === 'data') socket?.write(body);
    else if (kind === 'end') socket?.end();
    else if (kind === 'close') {
      sockets.delete(connection);
      socket?.destroy();
    }
  }
});
process.stdin.on('end', () => process.exit(0));
