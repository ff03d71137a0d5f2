import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Reads a stream to its end. Unlike `text` of node:stream/consumers it leaves the other direction of a duplex stream open. */
export async function readToEnd(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(stream, 'end');
  return text;
}
