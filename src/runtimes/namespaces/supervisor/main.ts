// Runs the nodes of one network, as process 1 of namespaces that the kernel removes with it; see ../launch-scripts.ts.
import { encodeError } from '../../../network/control-socket/control-protocol.ts';
import { type ServedNetwork, serveNetwork } from '../../../network/control-socket/serve-network.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { JsonLinesParser } from '../../../shared/files/json-lines.ts';
import type { StarterMessage, StartRequest, SupervisorMessage } from '../supervisor-protocol.ts';
import { NamespaceNetwork } from './namespace-network.ts';

/** Time for clients to read the last of what they are sent, milliseconds. */
const DRAIN_TIMEOUT_MS = 1_000;

const send = (message: SupervisorMessage) => process.stdout.write(`${JSON.stringify(message)}\n`);

class Supervisor {
  readonly #aborting = new AbortController();
  #isOwned = true;
  #served: ServedNetwork | undefined;

  async start({ topology, timeoutMs, ownedByProcess, programs, folder, cgroups }: StartRequest): Promise<void> {
    const network = new NamespaceNetwork({
      topology,
      programs,
      folder,
      cgroups,
      onKeep: () => {
        this.#isOwned = false;
      },
      onDown: () => void this.#end(),
    });
    try {
      this.#served = await serveNetwork(network);
      const { signal } = this.#aborting;
      const drift = await network.startAll({ timeoutMs, signal, onProgress: (progress) => send({ progress }) });
      this.#isOwned = ownedByProcess;
      send({ started: { drift } });
    } catch (cause) {
      send({ failed: encodeError(cause), served: this.#served !== undefined });
    }
  }

  receive(message: StarterMessage): void {
    if ('abort' in message) this.#aborting.abort(new DevnetError('interrupted', message.abort));
    else if (message.keep) this.#isOwned = false;
    else process.exit(0);
  }

  /** The starter has ended, or does not listen any more. */
  onStarterGone(): void {
    if (this.#isOwned) process.exit(0);
  }

  async #end(): Promise<void> {
    this.#served?.close();
    const timeout = new Promise((resolve) => setTimeout(resolve, DRAIN_TIMEOUT_MS));
    await Promise.race([this.#served?.drained(), timeout]);
    process.exit(0);
  }
}

const supervisor = new Supervisor();
let isStarted = false;
const parser = new JsonLinesParser<StartRequest | StarterMessage>();
process.stdin.on('data', (chunk) => {
  for (const message of parser.push(chunk)) {
    if (isStarted) supervisor.receive(message as StarterMessage);
    else void supervisor.start(message as StartRequest);
    isStarted = true;
  }
});
process.stdin.on('end', () => supervisor.onStarterGone());
process.stdin.on('error', () => supervisor.onStarterGone());
// The starter reads its output only until the network is up.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
// Process 1 of a namespace ignores signals that it has no listener for.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
