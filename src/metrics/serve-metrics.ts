import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Address, formatAddress } from '../protocol/index.ts';
import { DevnetError, describeError } from '../shared/errors.ts';
import type { MetricsSource } from './metrics-source.ts';
import { contentTypeOf } from './render-metrics.ts';

const METRICS_PATH = '/metrics';

/**
 * Serves metrics over HTTP, at `/metrics`, until the signal aborts. Requests at the same time share one look at the network.
 * @param onFailure called with each look that fails, which the client gets as a status 503
 * @returns the URL
 * @throws DevnetError `usage` for an address that cannot be listened on
 */
export async function serveMetrics(
  source: MetricsSource,
  { host, port }: Address,
  { signal, onFailure }: { signal: AbortSignal; onFailure: (cause: unknown) => void },
): Promise<string> {
  const reads = new Map<string, Promise<string>>();
  const read = (format: 'prometheus' | 'openmetrics') => {
    const current = reads.get(format) ?? source.read(format).finally(() => reads.delete(format));
    reads.set(format, current);
    return current;
  };
  const answer = async ({ method, url = '', headers }: IncomingMessage, response: ServerResponse) => {
    if (url.split('?')[0] !== METRICS_PATH) return response.writeHead(404).end(`the metrics are at ${METRICS_PATH}\n`);
    if (method !== 'GET' && method !== 'HEAD') return response.writeHead(405, { allow: 'GET, HEAD' }).end();
    const format = headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
    try {
      return response.writeHead(200, { 'content-type': contentTypeOf(format) }).end(await read(format));
    } catch (cause) {
      onFailure(cause);
      return response.writeHead(503).end(`${describeError(cause)}\n`);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new DevnetError('usage', `cannot listen on ${formatAddress({ host, port })}: ${describeError(cause)}`, {
      hint: '--listen 127.0.0.1:0 takes a free port',
      cause,
    });
  }
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  const { address, port: actual } = server.address() as AddressInfo;
  return `http://${formatAddress({ host: address, port: actual })}${METRICS_PATH}`;
}
