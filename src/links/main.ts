// Runs beside the engine, in its network namespace and with no right but NET_ADMIN: makes the links of a devnet behave as the
// controller asks. `serve` stays; `apply`, `show` and `clear` ask the one that serves; `clear DEVNET BRIDGE` needs none, for
// what one that was killed has left.
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { removeAll } from './links.ts';
import { createLog } from './log.ts';
import { probe } from './probe.ts';
import { ask, type Reply, refusal } from './requests.ts';
import { serve } from './serve.ts';
import { toolsIn } from './tools.ts';

const USAGE = 'usage: links serve | apply < STATE | show | clear [DEVNET BRIDGE] | probe\n';

const { DEVNET_RUN = '/run/devnet', DEVNET_TOOLS } = process.env;
const paths = {
  state: join(DEVNET_RUN, 'state.json'),
  socket: join(DEVNET_RUN, 'links.sock'),
  tools: DEVNET_TOOLS,
};

async function stay(): Promise<void> {
  const log = createLog((line) => process.stdout.write(line));
  const serving = serve(paths, log);
  let ending = false;
  // Who asks it to end may ask again, and before it serves: what was there of the run before is cleared all the same.
  const end = async () => {
    if (ending) return;
    ending = true;
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
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  await serving;
}

async function request([command, devnet, bridge]: string[]): Promise<Reply | undefined> {
  if (command === 'apply') return await ask(paths.socket, { command, state: await text(process.stdin) });
  if (command === 'clear' && devnet !== undefined && bridge !== undefined) {
    await removeAll(toolsIn(DEVNET_TOOLS), devnet, bridge);
    return { ok: true };
  }
  if (command === 'show' || command === 'clear') return await ask(paths.socket, { command });
  if (command === 'probe') return { ok: true, ...(await probe(toolsIn(DEVNET_TOOLS))) };
  return undefined;
}

async function main(args: string[]): Promise<void> {
  if (args[0] === 'serve') return await stay();
  const reply = await request(args).catch(refusal);
  if (reply === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  process.exitCode = reply.ok ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`links: ${error.message}\n`);
  process.exit(1);
});
