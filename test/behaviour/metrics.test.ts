import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnet, type RunningCommand, start } from '../support/cli.ts';
import { hasNamespaces } from '../support/namespaces.ts';
import { root } from '../support/paths.ts';
import { hasPrometheus, startPrometheus } from '../support/prometheus.ts';
import { until } from '../support/until.ts';

/** A program that is the bundled node, and has metrics of its own. */
const OWN_NODE = `
const { createServer } = require('node:http');
createServer((_, response) => response.end('# TYPE mine_total counter\\nmine_total{node="x"} 3\\n')).listen(9100);
require(${JSON.stringify(join(root, 'dist', 'node.cjs'))});
`;

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'devnet-metrics-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** Returns the value of a sample. */
function sampleValue(text: string, sample: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}

describe('devnet metrics, in one process', () => {
  const name = `metrics-${process.pid}`;
  let up: RunningCommand;
  beforeAll(async () => {
    up = start(['up', '-', '--name', name, '--engine', 'process'], { cwd, input: 'nodes: { count: 3 }\nlinks: ring' });
    await up.waitForOutput('is up');
  });
  afterAll(async () => {
    up.child.kill('SIGINT');
    await up.finished;
  });

  it('prints what the network did', async () => {
    await devnet(['send', `${name}/n1`, 'gossip', '{"id":"one"}'], { cwd });
    const read = async () => (await devnet(['metrics', name], { cwd })).stdout;
    const received = `devnet_gossip_latency_seconds_count{network="${name}"}`;
    const text = await until(async () => {
      const seen = await read();
      return sampleValue(seen, received) === 2 && seen;
    }, 'two deliveries');
    expect(sampleValue(text, `devnet_links{state="up",network="${name}"}`)).toBe(6);
    expect(sampleValue(text, `devnet_node_gossip_received_total{node="n2",network="${name}"}`)).toBe(1);
    expect(
      sampleValue(text, `devnet_node_messages_total{node="n2",type="gossip",direction="in",network="${name}"}`),
    ).toBeGreaterThan(0);
    const bytes = sampleValue(
      text,
      `devnet_node_bytes_total{node="n1",type="gossip",direction="out",network="${name}"}`,
    );
    const message = '{"message_type":"gossip","payload":{"id":"one","hops":1}}';
    expect(bytes).toBe(2 * message.length);
  });

  it('serves them on loopback until Ctrl-C, and nothing else', async () => {
    const serving = start(['metrics', name, '--listen', '0'], { cwd });
    await serving.waitForOutput(/http:\/\/127\.0\.0\.1:\d+\/metrics/);
    const [url] = /http:\/\/\S+\/metrics/.exec(serving.stderr) as unknown as [string];
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(sampleValue(await response.text(), `devnet_nodes{state="running",network="${name}"}`)).toBe(3);
    const open = await fetch(url, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    expect(await open.text()).toMatch(/# EOF\n?$/);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    serving.child.kill('SIGINT');
    expect(await serving.finished).toMatchObject({ status: 0 });
  });

  it('names an address that cannot be listened on', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { status, stderr } = await devnet(['metrics', name, '--listen', String(port)], { cwd });
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
    server.close();
  });

  it.skipIf(!hasPrometheus)(
    'is scraped by prometheus, with the configuration of the example (apt-get install prometheus)',
    async () => {
      const serving = start(['metrics', name, '--listen', '0'], { cwd });
      await serving.waitForOutput(/127\.0\.0\.1:\d+/);
      const [target] = /127\.0\.0\.1:\d+/.exec(serving.stderr) as unknown as [string];
      const prometheus = await startPrometheus(cwd, target);
      try {
        const up = `devnet_links{network="${name}",state="up"}`;
        expect(await until(() => prometheus.query(up), 'a scrape')).toEqual(['6']);
      } finally {
        prometheus.stop();
        serving.child.kill('SIGINT');
        await serving.finished;
      }
    },
  );
});

describe.skipIf(!hasNamespaces)('devnet metrics, in namespaces', () => {
  it('has what nodes use, and what they say at endpoints of their own in a closed network', async () => {
    const name = `metrics-spaces-${process.pid}`;
    writeFileSync(join(cwd, 'own.cjs'), OWN_NODE);
    const command = `[${process.execPath}, own.cjs]`;
    const topology = `nodes: { mine: { command: ${command}, cwd: ${cwd}, metrics: { port: 9100 } }, gone: { metrics: { port: 9101 } } }`;
    const up = await devnet(['up', '-', '-d', '--name', name, '--engine', 'namespaces'], { cwd, input: topology });
    expect(up).toMatchObject({ status: 0 });
    try {
      const { stdout } = await devnet(['metrics', name], { cwd });
      expect(sampleValue(stdout, 'mine_total{node="mine",exported_node="x"}')).toBe(3);
      expect(sampleValue(stdout, `devnet_node_endpoint_failed{node="gone",network="${name}"}`)).toBe(1);
      expect(sampleValue(stdout, `devnet_node_memory_bytes{node="gone",network="${name}"}`)).toBeGreaterThan(1e6);
    } finally {
      await devnet(['down', name], { cwd });
    }
  });
});
