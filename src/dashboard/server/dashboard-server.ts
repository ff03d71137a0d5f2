import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { CommandResult, PageCommand } from '../page/page-command.ts';
import { checkRequest } from './check-request.ts';
import type { EventHistory } from './event-history.ts';
import { toFailedResult } from './failed-result.ts';
import type { Page } from './page-html.ts';
import { parseCommand } from './parse-command.ts';

const LOOPBACK = '127.0.0.1';
/** Longest command: a message of a node may be as long as this. */
const MAX_COMMAND_BYTES = 2 * 1024 * 1024;
const KEEP_ALIVE_INTERVAL_MS = 20_000;

export interface DashboardOptions {
  page: Page;
  /** What the page shows. @default it has that in itself */
  history?: EventHistory;
  /** Port; 0: any that is free. @default 0 */
  port?: number;
  /** Carries out commands. @default the page is for looking only */
  actions?: {
    topology: Parameters<typeof parseCommand>[1];
    run: (command: PageCommand) => Promise<CommandResult>;
  };
}

/** The server of the page, on loopback. */
export interface Dashboard {
  /** Address of the page, with the token. */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the page, the events that it shows, and the commands that it sends. Nothing is served without the token that is in the
 * address, nor to pages of other sites.
 * @throws DevnetError `usage` when the port is taken
 */
export async function serveDashboard({ page, history, port = 0, actions }: DashboardOptions): Promise<Dashboard> {
  const token = randomBytes(24).toString('base64url');
  const streams = new Set<ServerResponse>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const refusal = checkRequest(
      {
        ...{ method, url, host: headers.host, origin: headers.origin },
        fetchSite: single(headers['sec-fetch-site']),
        authorization: headers.authorization,
        contentType: headers['content-type'],
      },
      token,
    );
    if (refusal) return sendText(response, refusal.status, refusal.reason);
    switch (`${method} ${url.split('?')[0]}`) {
      case 'GET /':
        response.setHeader('content-security-policy', page.contentSecurityPolicy);
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(page.html);
        return;
      case 'GET /events':
        if (history) return sendEvents(response, history, single(headers['last-event-id']));
        return sendText(response, 404, 'this page has its events in itself');
      case 'POST /commands':
        return sendResult(response, await carryOut(request));
      default:
        sendText(response, 404, 'there is no such page');
    }
  };

  const sendEvents = (response: ServerResponse, history: EventHistory, lastId: string | undefined): void => {
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    const reader = history.read(lastId);
    if (!reader) {
      response.end('event: reset\ndata: \n\n');
      return;
    }
    response.write('retry: 1000\n\n');
    let isReady = false;
    const pump = () => {
      while (!response.writableNeedDrain) {
        const frame = reader.next();
        if (frame === 'dropped')
          response.end(); // The page asks again, and starts again.
        else if (frame) response.write(frame);
        if (frame === undefined || frame === 'dropped') break;
      }
      if (isReady || response.writableNeedDrain) return;
      isReady = true;
      response.write('event: ready\ndata: \n\n');
    };
    pump();
    response.on('drain', pump);
    const unsubscribe = history.subscribe(pump);
    streams.add(response);
    response.on('close', () => {
      unsubscribe();
      streams.delete(response);
    });
  };

  const carryOut = async (request: IncomingMessage): Promise<CommandResult> => {
    try {
      if (!actions) throw new DevnetError('usage', 'this page shows a recording: nothing can be done to it');
      return await actions.run(parseCommand(await readBody(request), actions.topology));
    } catch (cause) {
      return toFailedResult(cause);
    }
  };

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
    answer(request, response).catch((cause: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, describeError(cause));
    });
  });
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new DevnetError('usage', `cannot serve the page on port ${port}: ${describeError(cause)}`, {
      hint: 'leave --port out, and any free port is taken',
      cause,
    });
  }
  // A page that is gone is noticed when something is sent to it.
  const keepAlive = setInterval(() => {
    for (const stream of streams) stream.write(':\n\n');
  }, KEEP_ALIVE_INTERVAL_MS).unref();
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${LOOPBACK}:${bound}/?token=${token}`,
    close: async () => {
      clearInterval(keepAlive);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

async function readBody(request: IncomingMessage): Promise<string> {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_COMMAND_BYTES) request.destroy(new DevnetError('usage', 'the command is too long'));
  });
  return text(request);
}

function sendText(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

function sendResult(response: ServerResponse, result: CommandResult): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
