import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { AGENT_PORT, secureConnection } from './secure-channel.ts';

/** An image, the engine that has it, and the agent of the host that is to have it. */
export interface ImageCopy {
  image: string;
  /** Socket of the engine that has it, and the version of its API, as `1.41`. */
  from: { socketPath: string; api: string };
  /** Address of the other agent, and the version of its engine's API. */
  to: { host: string; api: string };
  key: Buffer;
}

/**
 * Streams an image from one engine to another, without a file in between.
 * @throws Error with the engine's words
 */
export async function copyImage({ image, from, to, key }: ImageCopy): Promise<void> {
  const saved = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      socketPath: from.socketPath,
      path: `/v${from.api}/images/get?names=${encodeURIComponent(image)}`,
    };
    request(options, resolve).once('error', reject).end();
  });
  if (saved.statusCode !== 200) throw new Error(`save ${image}: ${await readText(saved)}`);
  const connection = await secureConnection(connect({ host: to.host, port: AGENT_PORT }), key);
  const headers = { 'Content-Type': 'application/x-tar' };
  const options = {
    method: 'POST',
    path: `/v${to.api}/images/load?quiet=1`,
    headers,
    createConnection: () => connection,
  };
  const load = request(options);
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    load.once('response', resolve).once('error', reject);
  });
  const [loaded] = await Promise.all([reply, pipeline(saved, load)]);
  const text = await readText(loaded);
  // A load that fails half-way says so in a reply whose status is 200.
  if (loaded.statusCode !== 200 || text.includes('"error"')) throw new Error(`load ${image}: ${text}`);
}

async function readText(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += chunk;
  return text.trim();
}
