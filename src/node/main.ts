import { hostname } from 'node:os';
import { buildSnapshot } from './build-snapshot.ts';
import { createLog } from './log/log.ts';
import { createLogWriter } from './log/log-writer.ts';
import { createNode } from './node.ts';
import { type NodeSettings, settingsFromEnvironment } from './settings.ts';

const LOG_FLUSH_TIMEOUT_MS = 300;

/** Runs a node by the settings in the environment, with its log on standard output, until a signal ends it. */
function runNode(): void {
  let settings: NodeSettings;
  try {
    settings = settingsFromEnvironment(process.env, hostname());
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
  const { name, level } = settings;
  const writer = createLogWriter(process.stdout, (lines) => {
    return `${JSON.stringify({ time: new Date().toISOString(), level: 'warn', event: 'log_lines_lost', node: name, lines })}\n`;
  });
  const log = createLog({ node: name, level, write: writer.write });
  const exit = (code: number) => void writer.flush(LOG_FLUSH_TIMEOUT_MS).then(() => process.exit(code));

  const node = createNode({ ...settings, log });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void node.stop().then(() => exit(0));
  };
  // The first process of a container ignores signals that it has no listener for.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('uncaughtException', (error) => {
    log.error('crashed', { message: error.message, stack: error.stack?.slice(0, 2_000) });
    exit(70);
  });
  node.start().catch((error: NodeJS.ErrnoException) => {
    const { host = '::', port } = settings;
    log.error('cannot_listen', { address: host, port, code: error.code, message: error.message });
    exit(1);
  });
}

const [argument] = process.argv.slice(2);
if (process.execArgv.includes('--build-snapshot')) buildSnapshot(runNode);
else if (argument === undefined) runNode();
else {
  const settings = 'a node takes its settings from the environment, as in DEVNET_NAME=n1 DEVNET_PORT=3000';
  process.stderr.write(`unexpected argument ${JSON.stringify(argument)}: ${settings}\n`);
  process.exit(1);
}
