// Runs on each host of a swarm, as a task of a global service, with the host's engine socket. Without arguments it gives the
// engine's API to clients that have the key. With arguments it does one thing for the controller, which executes it in this
// container: `key` prints the key, `room` the host's free resources, `copy` sends an image to the engine of another host.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { copyImage } from './copy-image.ts';
import { readHostRoom } from './host-room.ts';
import { joinStreams } from './join-streams.ts';
import { AGENT_PORT, createSecureServer, KEY_FILE } from './secure-channel.ts';

const ENGINE_SOCKET = '/var/run/docker.sock';

const serve = (key: Buffer) =>
  createSecureServer(key, (client) =>
    joinStreams(client, connect({ path: ENGINE_SOCKET, allowHalfOpen: true })),
  ).listen(AGENT_PORT);

async function main([task, ...args]: readonly string[]): Promise<void> {
  const key = () => readFileSync(KEY_FILE);
  switch (task) {
    case undefined:
      serve(key());
      // The first process of a container ignores it without a listener.
      process.on('SIGTERM', () => process.exit(0));
      return;
    case 'key':
      process.stdout.write(key().toString('hex'));
      return;
    case 'room':
      process.stdout.write(JSON.stringify(readHostRoom()));
      return;
    case 'copy': {
      const [image = '', api = '', host = '', hostApi = ''] = args;
      await copyImage({ image, from: { socketPath: ENGINE_SOCKET, api }, to: { host, api: hostApi }, key: key() });
      return process.exit(0);
    }
    default:
      throw new Error(`unknown task ${task}`);
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
