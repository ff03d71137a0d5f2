import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devnet, start } from '../support/cli.ts';
import { closedPort } from '../support/closed-port.ts';
import { until } from '../support/until.ts';

// The protobufs of OpenTelemetry itself.
const { collector } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root')
  .opentelemetry.proto as { collector: Record<'trace' | 'logs', { v1: Record<string, Decoder> }> };
interface Decoder {
  decode(bytes: Buffer): object;
  toObject(message: object, options: object): Record<string, never>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
interface Span {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: Attribute[];
  status: { code: number };
}
interface LogRecord {
  service: string;
  traceId?: string;
  spanId?: string;
  body: { stringValue: string };
  severityText: string;
}

let cwd: string;
let receiver: Server;
let url: string;
let spans: Span[] = [];
let records: LogRecord[] = [];

/** Takes what is sent to it, and refuses what OpenTelemetry's protobufs do not decode. */
async function startReceiver(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const options = { longs: String, bytes: String, arrays: true };
    const read = (decoder: Decoder) => decoder.toObject(decoder.decode(bytes), options);
    if (request.url === '/v1/traces') {
      const { resourceSpans } = read(collector.trace.v1.ExportTraceServiceRequest!) as unknown as {
        resourceSpans: Resource<'scopeSpans', 'spans', Span>[];
      };
      for (const { resource, scopeSpans } of resourceSpans)
        for (const scope of scopeSpans)
          spans.push(...scope.spans.map((span) => ({ ...span, service: serviceOf(resource) })));
    } else if (request.url === '/v1/logs') {
      const { resourceLogs } = read(collector.logs.v1.ExportLogsServiceRequest!) as unknown as {
        resourceLogs: Resource<'scopeLogs', 'logRecords', LogRecord>[];
      };
      for (const { resource, scopeLogs } of resourceLogs)
        for (const scope of scopeLogs)
          records.push(...scope.logRecords.map((record) => ({ ...record, service: serviceOf(resource) })));
    } else response.statusCode = 404;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
type Resource<Scope extends string, Item extends string, T> = { resource: { attributes: Attribute[] } } & Record<
  Scope,
  Record<Item, T[]>[]
>;

const valueOfKey = (attributes: readonly Attribute[], name: string) => {
  const value = attributes.find(({ key }) => key === name)?.value ?? {};
  return Object.values(value)[0];
};
const serviceOf = ({ attributes }: { attributes: Attribute[] }) => String(valueOfKey(attributes, 'service.name'));

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'devnet-otlp-'));
  receiver = await startReceiver();
  url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}`;
});
beforeEach(() => {
  spans = [];
  records = [];
});
afterAll(() => {
  receiver.close();
  rmSync(cwd, { recursive: true });
});

describe('--otlp', () => {
  it('of up sends each gossip message as a trace, and the log', async () => {
    const name = `otlp-up-${process.pid}`;
    const topology = 'nodes: [a, b, c]\nlinks: [a -> b, b -> c]';
    const up = start(['up', '-', '--name', name, '--engine', 'process', '--otlp', url], { cwd, input: topology });
    await up.waitForOutput('Ctrl-C removes');
    await devnet(['send', `${name}/a`, 'gossip', '{"id":"one"}'], { cwd });
    await up.waitForOutput(/c +gossip_received id=one/);
    up.child.kill('SIGINT');
    expect(await up.finished).toMatchObject({ status: 0 });
    expect(spans.map(({ name, service }) => [name, service]).sort()).toEqual([
      ['gossip a -> b', 'b'],
      ['gossip at a', 'a'],
      ['gossip b -> c', 'c'],
    ]);
    const [a, b, c] = ['gossip at a', 'gossip a -> b', 'gossip b -> c'].map(
      (name) => spans.find((span) => span.name === name)!,
    );
    expect([b!.parentSpanId, c!.parentSpanId]).toEqual([a!.spanId, b!.spanId]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(valueOfKey(c!.attributes, 'devnet.hops')).toBe('2');
    const received = records.find(
      ({ service, body }) => service === 'c' && body.stringValue.startsWith('gossip_received'),
    );
    expect(received).toMatchObject({ severityText: 'info', traceId: c!.traceId, spanId: c!.spanId });
  });

  it('of run sends the steps of a scenario', async () => {
    const scenario = join(cwd, 'steps.yaml');
    writeFileSync(
      scenario,
      [
        'name: steps',
        'nodes: { count: 3 }',
        'links: ring',
        'scenario:',
        '  - { at: 0s, kill: n3, for: 200ms }',
        '  - { at: 500ms, expect: no drift within 20s }',
      ].join('\n'),
    );
    const { status, stderr } = await devnet(['run', scenario, '--engine', 'process', '--otlp', url, '--no-record'], {
      cwd,
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const named = (pattern: RegExp) => spans.find(({ name }) => pattern.test(name));
    const root = named(/^scenario .*steps\.yaml$/);
    expect(root).toMatchObject({ service: 'devnet', status: { code: 0 } });
    expect(named(/^fault /)).toMatchObject({ parentSpanId: root!.spanId, traceId: root!.traceId });
    expect(named(/^expect /)).toMatchObject({ parentSpanId: root!.spanId });
    expect(records.some(({ body }) => body.stringValue.startsWith('node_ended'))).toBe(true);
  });

  it('says once that nobody takes what is sent, and goes on', async () => {
    const name = `otlp-none-${process.pid}`;
    const port = await closedPort();
    const up = start(['up', '-', '--name', name, '--engine', 'process', '--otlp', `http://127.0.0.1:${port}`], {
      cwd,
      input: 'nodes: [a]',
    });
    await up.waitForOutput('Ctrl-C removes');
    await devnet(['send', `${name}/a`, 'gossip', '{"id":"lost"}'], { cwd });
    await until(() => up.stdout.includes('gossip_received'), 'the receipt');
    up.child.kill('SIGINT');
    const { status, stderr } = await up.finished;
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(`cannot be sent to http://127.0.0.1:${port}`),
    });
    expect(stderr.match(/cannot be sent/g)).toHaveLength(1);
  });

  it.each(['127.0.0.1:4318', 'ftp://host'])('refuses %s as an address', async (address) => {
    const { status, stderr } = await devnet(['up', '-', '--engine', 'process', '--otlp', address], {
      cwd,
      input: 'nodes: [a]',
    });
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Expected an HTTP address'),
    });
  });
});
