import { type ClientRequest, type RequestOptions, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import type { RunningNetwork, RunningNode } from '../network/running-network.ts';
import { describeError } from '../shared/errors.ts';
import type { MetricsEndpoint } from '../topology/model/topology.ts';

/** Time for a node to answer at its own endpoint. */
const TIMEOUT_MS = 3_000;
/** Longest answer. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PARALLEL_REQUESTS = 64;

/** Answers of the endpoints that a topology names, by node. */
export interface NodeTexts {
  texts: Map<string, string>;
  failures: Map<string, string>;
}

/** Asks the nodes that run and have an endpoint of their own, through the controller's way to them. */
export async function fetchNodeTexts(
  { topology, dialer }: Pick<RunningNetwork, 'topology' | 'dialer'>,
  nodes: readonly RunningNode[],
): Promise<NodeTexts> {
  const endpoints = new Map(topology.nodes.flatMap(({ name, metrics }) => (metrics ? [[name, metrics] as const] : [])));
  const texts = new Map<string, string>();
  const failures = new Map<string, string>();
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const fetchOne = async ({ name, host }: RunningNode, endpoint: MetricsEndpoint) => {
    try {
      const socket = await dialer.connect(host, endpoint.port, TIMEOUT_MS);
      texts.set(name, await get(socket, `${host}:${endpoint.port}`, endpoint.path));
    } catch (cause) {
      failures.set(name, describeError(cause));
    }
  };
  await Promise.all(
    nodes.flatMap((node) => {
      const endpoint = endpoints.get(node.name);
      return endpoint && node.state === 'running' ? [limit(() => fetchOne(node, endpoint))] : [];
    }),
  );
  return { texts, failures };
}

/** Gets a text over a connection. @throws Error for another status than 200, or when it takes too long or is too long */
function get(socket: Duplex, host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (message: string) => {
      sent.destroy();
      socket.destroy();
      reject(new Error(message));
    };
    const timer = setTimeout(() => fail(`no answer within ${TIMEOUT_MS / 1_000} s`), TIMEOUT_MS);
    const options: RequestOptions = {
      // Any duplex stream will do, not only a socket.
      createConnection: () => socket as Socket,
      path,
      headers: { host, accept: 'text/plain; version=0.0.4', connection: 'close' },
    };
    const sent: ClientRequest = request(options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) fail(`more than ${MAX_BYTES} bytes`);
      });
      response.on('error', (cause) => fail(cause.message));
      response.on('end', () => {
        clearTimeout(timer);
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else fail(`HTTP status ${response.statusCode}`);
      });
    });
    sent.on('error', (cause) => {
      clearTimeout(timer);
      fail(cause.message);
    });
    sent.end();
  });
}
