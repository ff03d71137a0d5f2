import { createSocket } from 'node:dgram';
import { setTimeout as wait } from 'node:timers/promises';
import { type LogFunction, NetemError } from '../shared/reporting.ts';
import { DIAL_CHAIN, tableName, traceTableName } from './nftables.ts';
import type { RunTool } from './run-tool.ts';
import { watchTool } from './watch-tool.ts';

/** A node's first packet of a connection, which the rules have dropped. */
export interface Dial {
  client: string;
  clientPort: number;
  server: string;
  serverPort: number;
}

/** Longest wait for the tool to listen. */
const READY_TIMEOUT_MS = 15_000;
const READY_POLL_INTERVAL_MS = 10;
/** The discard port: nothing answers what is sent there. */
const DISCARD_PORT = 9;

export interface WatchDialsOptions {
  run: RunTool;
  /** Folder of the tools; undefined for those on the PATH. */
  tools: string | undefined;
  log: LogFunction;
}

/**
 * Calls `onDial` whenever a node dials another one whose connections are intercepted. A dial that is not answered comes again:
 * the node's kernel repeats it.
 *
 * @returns a function that stops watching
 * @throws NetemError when the kernel does not report the dials
 */
export async function watchDials(
  { run, tools, log }: WatchDialsOptions,
  devnet: string,
  onDial: (dial: Dial) => void,
): Promise<() => void> {
  let ready = false;
  const onLine = (line: string) => {
    if (line.includes(` ${traceTableName(devnet)} `)) ready = true;
    const dial = parseDial(line, devnet);
    if (dial) onDial(dial);
  };
  const stop = watchTool(tools, 'nft', ['monitor', 'trace'], onLine, log);
  try {
    await provokeTrace(run, devnet, () => ready);
  } catch (cause) {
    stop();
    throw cause;
  }
  return stop;
}

/** Returns the dial that a line of `nft monitor trace` reports; undefined if none. */
export function parseDial(line: string, devnet: string): Dial | undefined {
  if (!line.includes(` ip ${tableName(devnet)} ${DIAL_CHAIN} packet: `)) return undefined;
  const match = /\bip saddr (\S+) ip daddr (\S+) .*\btcp sport (\d+) tcp dport (\d+)\b/.exec(line);
  if (!match) return undefined;
  const [, client, server, clientPort, serverPort] = match as unknown as [string, string, string, string, string];
  return { client, clientPort: Number(clientPort), server, serverPort: Number(serverPort) };
}

/** Has the kernel trace packets of a table made for it until one is seen: from then on no dial is missed. */
async function provokeTrace(run: RunTool, devnet: string, isSeen: () => boolean): Promise<void> {
  const table = `table ip ${traceTableName(devnet)}`;
  const socket = createSocket('udp4').on('error', () => {});
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  const rule = `ip daddr 127.0.0.1 udp sport ${port} udp dport ${DISCARD_PORT} meta nftrace set 1 drop`;
  await run('nft', ['-f', '-'], `${table} {\nchain out {\ntype filter hook output priority raw;\n${rule}\n}\n}\n`);
  try {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (!isSeen()) {
      if (performance.now() > deadline) throw new NetemError('this kernel does not trace packets (nft monitor trace)');
      socket.send('', DISCARD_PORT, '127.0.0.1', () => {});
      await wait(READY_POLL_INTERVAL_MS);
    }
  } finally {
    socket.close();
    await run('nft', ['-f', '-'], `delete ${table}\n`);
  }
}
