import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { JsonLinesParser } from '../../src/shared/files/json-lines.ts';
import { createSeededRandom, MessageMutator } from './message-mutator.ts';

export interface FuzzOptions {
  /** File of the node's program. */
  program: string;
  messageCount: number;
  seed: number;
  /** Called after each thousandth of the messages. */
  onProgress?: (sent: number) => void;
}

export interface FuzzReport {
  sent: number;
  /** Failures; empty if there were none. */
  failures: string[];
  /** Connections that the node closed, as it may. */
  closed: number;
  /** Resident set of the node in bytes, before and after. */
  memory: { before: number; after: number };
  /** Longest pong on a fresh connection, milliseconds. */
  slowestPongMs: number;
  seconds: number;
}

const CONNECTION_COUNT = 8;
/** Messages between two pings on the same connection. */
const MESSAGES_PER_BATCH = 200;
/** Messages between two pings on a fresh connection. */
const MESSAGES_PER_HEALTH_CHECK = 5_000;
const MAX_PONG_MS = 1_000;
/** Growth that ids of gossip messages and peers explain. */
const MAX_MEMORY_GROWTH_BYTES = 96 * 1024 * 1024;

/**
 * Loaded into the node's process before its program: sockets connect to loopback addresses only, so that no mutated address
 * can reach anything outside.
 */
const LOOPBACK_ONLY_PRELOAD = `
import { Socket } from 'node:net';
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const { host } = [args[0]].flat()[0] ?? {};
  if (typeof host === 'string' && (host === '::1' || /^127(\\.\\d{1,3}){3}$/.test(host))) return connect.apply(this, args);
  setImmediate(() => this.destroy(Object.assign(new Error('only loopback is dialed here'), { code: 'EACCES' })));
  return this;
};`;

/** Starts a node, sends it mutated messages over several connections, ends it, and reports. */
export async function fuzzNode({
  program,
  messageCount,
  seed,
  onProgress = () => {},
}: FuzzOptions): Promise<FuzzReport> {
  const failures: string[] = [];
  const began = performance.now();
  const child = startNode(program);
  let stopping = false;
  child.on('exit', (code, signal) => {
    if (!stopping) failures.push(`the node ended with ${signal ?? `exit code ${code}`}`);
  });
  child.stderr?.on('data', (text) => failures.push(`the node wrote to standard error: ${text}`));
  try {
    const port = await waitForPort(child, failures);
    const before = await readResidentBytes(port);
    const closedPort = await findClosedPort();
    const report = { closed: 0, slowestPongMs: 0 };
    let sent = 0;
    let reported = 0;
    let checked = 0;

    const checkHealth = async () => {
      const began = performance.now();
      const pong = await requestReply(port, '{"message_type":"ping","payload":"fresh"}\n\n').catch(
        (error: Error) => error.message,
      );
      const took = performance.now() - began;
      report.slowestPongMs = Math.max(report.slowestPongMs, took);
      const answered = pong === '{"message_type":"pong","payload":"fresh"}\n\n';
      if (!answered || took > MAX_PONG_MS) {
        failures.push(`after ${sent} messages a ping on a fresh connection got ${pong} after ${Math.round(took)} ms`);
      }
    };

    const fuzzConnection = async (number: number) => {
      const random = createSeededRandom(seed + number);
      const mutator = new MessageMutator(random, closedPort);
      let connection: FuzzConnection | undefined;
      for (let batch = 0; sent < messageCount && failures.length === 0; batch++) {
        const size = Math.min(MESSAGES_PER_BATCH, messageCount - sent);
        sent += size;
        const bytes = Buffer.concat(Array.from({ length: size }, () => mutator.next()));
        connection ??= await FuzzConnection.open(port).catch((error: Error) => {
          failures.push(`no connection: ${error.message}`);
          return undefined;
        });
        if (connection === undefined) break;
        const answer = await connection.sendBatch(bytes, `${number}.${batch}`, random(1_000_000));
        if (answer !== 'pong') connection = undefined;
        if (answer === 'closed') report.closed++;
        if (answer === 'nothing') failures.push(`seed ${seed}, connection ${number}, batch ${batch}: no pong after it`);
        if (sent - checked >= MESSAGES_PER_HEALTH_CHECK) {
          checked = sent;
          await checkHealth();
        }
        if (sent - reported >= messageCount / 1_000) {
          reported = sent;
          onProgress(sent);
        }
      }
      connection?.end();
    };
    await Promise.all(Array.from({ length: CONNECTION_COUNT }, (_, number) => fuzzConnection(number)));
    // A failure may be the end of the node, whose exit is reported a little later.
    if (failures.length === 0) await checkHealth();
    else await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, MAX_PONG_MS))]);
    const after = failures.length === 0 ? await readResidentBytes(port) : Number.NaN;
    if (after - before > MAX_MEMORY_GROWTH_BYTES) failures.push(`its memory grew from ${before} to ${after} bytes`);
    return { sent, failures, ...report, memory: { before, after }, seconds: (performance.now() - began) / 1_000 };
  } finally {
    stopping = true;
    child.kill('SIGKILL');
  }
}

function startNode(program: string): ChildProcess {
  const unlimited = '1000000000';
  return spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(LOOPBACK_ONLY_PRELOAD)}`, program],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        DEVNET_NAME: 'fuzzed',
        DEVNET_HOST: '127.0.0.1',
        DEVNET_PORT: '0',
        DEVNET_LOG_LEVEL: 'info',
        DEVNET_MESSAGES_PER_SECOND: unlimited,
        DEVNET_MESSAGES_BURST: unlimited,
        DEVNET_LINK_MESSAGES_PER_SECOND: unlimited,
        DEVNET_LINK_MESSAGES_BURST: unlimited,
        DEVNET_ADD_PEERS_PER_SECOND: unlimited,
        DEVNET_ADD_PEERS_BURST: unlimited,
        DEVNET_MAX_PEERS: '16',
      },
    },
  );
}

/** Returns the node's port once it listens. Every error that it logs counts as a failure. */
function waitForPort(child: ChildProcess, failures: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the node did not start')));
    const lines = new JsonLinesParser<{ level: string; event: string; port: number }>();
    child.stdout!.on('data', (chunk: Buffer) => {
      for (const entry of lines.push(chunk)) {
        if (entry.event === 'listening') resolve(entry.port);
        if (entry.level === 'error') failures.push(`the node logged ${JSON.stringify(entry)}`);
      }
    });
  });
}

/** A connection that sends batches of messages, each followed by a ping that must be answered. */
class FuzzConnection {
  readonly #socket: Socket;
  /** Last bytes received. */
  #tail = '';
  #onChange: () => void = () => {};
  #closed = false;

  static async open(port: number): Promise<FuzzConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new FuzzConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#tail = this.#tail.slice(-400) + chunk.toString('latin1');
      this.#onChange();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#onChange();
    });
  }

  /** Sends bytes in two writes, cut at `cut`, and then a ping. */
  sendBatch(bytes: Buffer, name: string, cut: number): Promise<'pong' | 'closed' | 'nothing'> {
    const pong = `{"message_type":"pong","payload":"mark ${name}"}\n\n`;
    // A blank line ends whatever is unfinished.
    const mark = Buffer.from(`\n\n{"message_type":"ping","payload":"mark ${name}"}\n\n`);
    const at = cut % (bytes.length + 1);
    this.#socket.write(bytes.subarray(0, at));
    this.#socket.write(Buffer.concat([bytes.subarray(at), mark]));
    return new Promise((resolve) => {
      const finish = (answer: 'pong' | 'closed' | 'nothing') => {
        clearTimeout(timer);
        this.#onChange = () => {};
        resolve(answer);
      };
      const timer = setTimeout(() => {
        this.end();
        finish('nothing');
      }, 10 * MAX_PONG_MS);
      this.#onChange = () => {
        if (this.#tail.includes(pong)) finish('pong');
        else if (this.#closed) finish('closed');
      };
      this.#onChange();
    });
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Sends text on a new connection and returns the reply up to a blank line. */
function requestReply(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    const timer = setTimeout(() => socket.destroy(new Error('nothing')), 10 * MAX_PONG_MS);
    socket.on('data', (chunk) => {
      reply += chunk.toString();
      if (reply.endsWith('\n\n')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(reply);
    });
  });
}

async function readResidentBytes(port: number): Promise<number> {
  return JSON.parse(await requestReply(port, '{"message_type":"get_status"}\n\n')).payload.memory.rss;
}

/** Returns a loopback port that nothing listens on. */
async function findClosedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
