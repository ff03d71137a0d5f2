import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { createLog } from './log/log.ts';
import { createLogWriter } from './log/log-writer.ts';
import { createNode } from './node.ts';
import type { Node } from './node-api.ts';
import { settingsFromEnvironment } from './settings.ts';

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const LOOPBACK = '127.0.0.1';
const POLL_INTERVAL_MS = 10;
const TIMEOUT_MS = 5_000;

/**
 * Makes V8's startup snapshot of this program, when Node runs it with `--build-snapshot`. A node that starts from it finds compiled
 * what links and status take, which costs a new process more than running it.
 *
 * The snapshot is of the program's memory: what is random or of this machine must not be computed before `main`. Of Node's own
 * functions, `randomUUID` and `randomInt` keep random bytes for later calls.
 *
 * @param main runs in each process that starts from the snapshot
 */
export function buildSnapshot(main: () => void): void {
  process.getBuiltinModule('node:v8').startupSnapshot.setDeserializeMainFunction(main);
  void warmUp();
}

/** Lets three nodes on the loopback interface do what every node does first. */
async function warmUp(): Promise<void> {
  const nodes = ['a', 'b', 'c'].map(createQuietNode);
  const ports: number[] = [];
  for (const node of nodes) ports.push((await node.start()).port);
  const addresses = ports.map((port) => `${LOOPBACK}:${port}`);
  for (const [index, port] of ports.entries()) {
    const others = addresses.filter((_, other) => other !== index);
    await ask(port, [
      ...others.map((payload) => ({ message_type: 'add_peer', payload })),
      { message_type: 'get_peers' },
    ]);
  }
  await waitFor(() =>
    nodes.every((node) => node.status().peers.every(({ state, mode }) => state === 'up' && mode === 'link')),
  );
  nodes[0]?.gossip({ id: 'warm-up' });
  await waitFor(() => nodes.slice(1).every((node) => node.status().counters.gossip_received === 1));
  for (const [index, port] of ports.entries()) {
    await ask(port, [
      { message_type: 'get_status' },
      { message_type: 'remove_peer', payload: addresses.at(index - 1) },
    ]);
  }
  await Promise.all(nodes.map((node) => node.stop()));
  // Node remembers when the next timer is due, also where that one was cleared, and arms none for a later time until one fires:
  // the last one of this process must have fired, or timers of those that start from the snapshot never do.
  await sleep(1);
}

function createQuietNode(name: string): Node {
  const environment = { DEVNET_NAME: name, DEVNET_HOST: LOOPBACK, DEVNET_PORT: '0', DEVNET_ADMIN: LOOPBACK };
  const { level, ...settings } = settingsFromEnvironment(environment, name);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const log = createLog({ node: name, level, write: createLogWriter(nowhere, () => '').write });
  return createNode({ ...settings, log });
}

/** Sends messages that are each answered, and waits for the answers. */
async function ask(port: number, messages: readonly object[]): Promise<void> {
  const socket = connect(port, LOOPBACK);
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk;
  });
  for (const message of messages) socket.write(`${JSON.stringify(message)}\n`);
  await waitFor(() => answers.split('\n').filter((line) => line !== '').length >= messages.length);
  socket.end();
  await once(socket, 'close');
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  for (const deadline = performance.now() + TIMEOUT_MS; !isTrue(); ) {
    if (performance.now() > deadline) throw new Error('the nodes of the warm-up do not do what is expected');
    await sleep(POLL_INTERVAL_MS);
  }
}
