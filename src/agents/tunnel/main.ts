// Runs in a devnet's relay container, for a controller that cannot reach the devnet's network itself: what comes on standard
// input is dialed, what the nodes say goes to standard output. It ends with its input.
import { connect, type Socket } from 'node:net';
import { encodeTunnelFrame, TunnelFrameReader } from './tunnel-frame.ts';

const sockets = new Map<number, Socket>();
const reader = new TunnelFrameReader();

function sendFrame(frame: Buffer): void {
  if (process.stdout.write(frame)) return;
  for (const socket of sockets.values()) socket.pause();
  process.stdout.once('drain', () => {
    for (const socket of sockets.values()) socket.resume();
  });
}

function openConnection(connection: number, address: string): void {
  const colon = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
  let reason = '';
  sockets.set(connection, socket);
  socket.once('connect', () => sendFrame(encodeTunnelFrame(connection, 'opened')));
  socket.on('data', (chunk) => sendFrame(encodeTunnelFrame(connection, 'data', chunk)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  socket.once('close', () => {
    // What the controller closed itself it need not be told.
    if (sockets.delete(connection)) sendFrame(encodeTunnelFrame(connection, 'close', reason));
  });
}

process.stdin.on('data', (chunk: Buffer) => {
  for (const { connection, kind, body } of reader.push(chunk)) {
    if (kind === 'open') openConnection(connection, body.toString());
    else if (kind === 'data') sockets.get(connection)?.write(body);
    else if (kind === 'end') sockets.get(connection)?.end();
    else if (kind === 'close') {
      const socket = sockets.get(connection);
      sockets.delete(connection);
      socket?.destroy();
    }
  }
});
process.stdin.on('end', () => process.exit(0));
