// Runs beside the engine, in its network namespace and with no capability but NET_ADMIN, and makes the links of a network
// behave as the controller asks. `serve` keeps running; `apply`, `read`, `show` and `clear` send a request to the serving
// agent; `clear DEVNET [BRIDGE]` needs none, and removes what a killed one has left; nor does `sweep`, which removes the rules of
// all networks whose bridge is gone. `enter NETWORK serve` serves in the namespace of a swarm's overlay network on this host.
// `pod LINKS` is for a pod of Kubernetes, in whose namespace one node is.
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ControlReply, type ControlRequest, sendControlRequest, toErrorReply } from './control-socket.ts';
import { assertEncryption, probeKernel } from './kernel/kernel-capabilities.ts';
import { removeKernelState, removeStaleTables } from './kernel/kernel-state.ts';
import { runInOverlay } from './kernel/run-in-overlay.ts';
import { createToolRunner } from './kernel/run-tool.ts';
import { shapePod } from './pod/shape-pod.ts';
import { serveLinks } from './serve.ts';
import { createJsonLog } from './shared/reporting.ts';

const USAGE =
  'usage: netem [enter NETWORK] serve | apply [REVISION] < STATE | read | show | clear [DEVNET [BRIDGE]] | sweep | probe | encrypts | pod LINKS\n';

const { DEVNET_RUN = '/run/devnet', DEVNET_TOOLS, DEVNET_NETWORK, DEVNET_START_TIMEOUT_MS = '10000' } = process.env;
/** Time for an agent that is starting to listen, milliseconds. */
const START_TIMEOUT_MS = Number(DEVNET_START_TIMEOUT_MS);
const SETTINGS = {
  state: join(DEVNET_RUN, 'state.json'),
  socket: join(DEVNET_RUN, 'links.sock'),
  tools: DEVNET_TOOLS,
  devnet: DEVNET_NETWORK,
};

async function runServer(): Promise<void> {
  const log = createJsonLog((line) => process.stdout.write(line));
  const serving = serveLinks(SETTINGS, log);
  let stopping = false;
  // A signal may come again, and before the agent serves; what an earlier run left in the kernel is removed all the same.
  const onSignal = async () => {
    if (stopping) return;
    stopping = true;
    const stop = await serving;
    await stop().catch((error: Error) => {
      log('error', 'not_cleared', { message: error.message });
      process.exit(1);
    });
    process.exit(0);
  };
  process.on('uncaughtException', ({ message, stack }) => {
    log('error', 'crashed', { message, stack });
    process.exit(70);
  });
  process.on('SIGTERM', () => void onSignal());
  process.on('SIGINT', () => void onSignal());
  await serving;
}

async function runInPod(links: string): Promise<void> {
  const log = createJsonLog((line) => process.stdout.write(line));
  // As process 1, it would ignore them. Its rules go with the pod.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  await shapePod(links, createToolRunner(DEVNET_TOOLS), log);
}

/** Whoever runs this command knows by the line feeds that the reply is still to come. */
const askServingAgent = (request: ControlRequest): Promise<ControlReply> =>
  sendControlRequest(SETTINGS.socket, request, START_TIMEOUT_MS, () => process.stdout.write('\n'));

async function runCommand([command, argument, bridge]: string[]): Promise<ControlReply | undefined> {
  if (command === 'apply') {
    const state = await text(process.stdin);
    const revision = argument === undefined ? {} : { revision: argument };
    return await askServingAgent({ command, state, ...revision });
  }
  if (command === 'clear' && argument !== undefined) {
    await removeKernelState(createToolRunner(DEVNET_TOOLS), argument, bridge);
    return { ok: true };
  }
  if (command === 'sweep') return { ok: true, devnets: await removeStaleTables(createToolRunner(DEVNET_TOOLS)) };
  if (command === 'read' || command === 'show' || command === 'clear') return await askServingAgent({ command });
  if (command === 'encrypts') {
    await assertEncryption(createToolRunner(DEVNET_TOOLS));
    return { ok: true };
  }
  if (command === 'probe') return { ok: true, ...(await probeKernel(createToolRunner(DEVNET_TOOLS))) };
  return undefined;
}

async function main(args: string[]): Promise<void> {
  if (args[0] === 'serve') return await runServer();
  if (args[0] === 'enter' && args[1] !== undefined && args[2] === 'serve')
    process.exit(await runInOverlay(args[1], [process.execPath, process.argv[1] as string, 'serve']));
  if (args[0] === 'pod' && args[1] !== undefined) return await runInPod(args[1]);
  const reply = await runCommand(args).catch(toErrorReply);
  if (reply === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  process.exitCode = reply.ok ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`netem: ${error.message}\n`);
  process.exit(1);
});
