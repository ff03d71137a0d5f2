import type { Duplex } from 'node:stream';

/** Connects two streams: what one receives, the other sends, and the end or failure of one is that of the other. */
export function joinStreams(a: Duplex, b: Duplex): void {
  pass(a, b);
  pass(b, a);
}

function pass(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  const close = () => {
    // What came before the end is still to be sent.
    if (from.readableEnded && !to.writableFinished) to.once('finish', () => to.destroy());
    else to.destroy();
  };
  if (from.closed) close();
  else from.once('close', close);
}
