import { describe, expect, it } from 'vitest';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { openLogTail, tailLogs } from '../../../src/controller/logs/tail-logs.ts';
import { sendToNode } from '../../../src/controller/peers/send-to-node.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { CONTROLLER } from '../../../src/network/log-entry.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const { reference: base } = await ensureBaseImage(engine);
const NODES = 20;
const LINES = 5_000;

/** Listens, and writes its lines once it is spoken to, in bursts that overlap with those of the others. */
const talker = `
  const write = (i) => {
    const now = performance.timeOrigin + performance.now();
    const time = new Date(now).toISOString().slice(0, 20) + String(Math.floor((now * 1000) % 1e6)).padStart(6, '0') + 'Z';
    process.stdout.write(JSON.stringify({ time, level: 'info', event: 'line', i, pad: 'x'.repeat(i % 200) }) + '\\n');
  };
  let i = 0;
  const burst = () => { for (let n = 0; n < 50 && i < ${LINES}; n++) write(i++); if (i < ${LINES}) setTimeout(burst, 1); };
  require('net').createServer((s) => { s.on('error', () => {}); s.on('data', () => { if (i === 0) burst(); s.end('{"message_type":"peers","payload":[]}\\n\\n'); }); }).listen(3000);`;

describe('the merged log', () => {
  it(`loses none of ${NODES} x ${LINES} lines, repeats none, and keeps their order`, async () => {
    const { devnet } = await box.up(
      `nodes: { n: { count: ${NODES}, image: "${base}", command: [node, -e, ${JSON.stringify(talker)}] } }`,
    );
    // Live, while they write: every line once, each node's in its own order.
    const stop = new AbortController();
    const counts = new Map<string, number>();
    for await (const batch of tailLogs(engine, devnet, { follow: true, signal: stop.signal })) {
      for (const { node, fields } of batch) {
        if (node === CONTROLLER) continue;
        const before = counts.get(node) ?? 0;
        if (fields.i !== before) throw new Error(`${node}: line ${String(fields.i)} came where line ${before} was due`);
        counts.set(node, before + 1);
      }
      if (counts.size === NODES && [...counts.values()].every((count) => count === LINES)) stop.abort();
    }
    expect([...counts.values()]).toEqual(Array(NODES).fill(LINES));

    // Read back as a whole: in perfect order across the nodes.
    let previous = '';
    let read = 0;
    for await (const batch of tailLogs(engine, devnet, { follow: false })) {
      for (const { time, node } of batch) {
        if (time < previous) throw new Error(`${time} came after ${previous}`);
        previous = time;
        if (node !== CONTROLLER) read++;
      }
    }
    expect(read).toBe(NODES * LINES);
  });

  it('continues after restarts, contains what happens to nodes, and ends with the network', async () => {
    const { devnet } = await box.up('nodes: [a, b]\nlinks: [a -> b]');
    const seen: LogEntry[] = [];
    const container = engine.docker.getContainer(devnet.nodes[1]?.containerId as string);
    let restarted = false;
    for await (const batch of tailLogs(engine, devnet, { follow: true })) {
      seen.push(...batch);
      const listens = seen.filter(({ node, event }) => node === 'b' && event === 'listening').length;
      if (listens === 1 && !restarted) {
        restarted = true;
        await container.restart({ t: 10 });
      }
      if (listens === 2) await down(engine, devnet);
    }
    const ofB = seen.filter(({ node }) => node === 'b').map(({ event }) => event);
    expect(ofB.filter((event) => event === 'listening')).toHaveLength(2);
    expect(ofB).toContain('stopping');
    expect(
      seen.filter(({ node, fields }) => node === CONTROLLER && fields.of === 'b').map(({ event }) => event),
    ).toEqual(expect.arrayContaining(['node_ended', 'node_started']));
    expect(new Set(seen.filter(({ node }) => node === 'b').map((entry) => entry.time)).size).toBe(ofB.length);
  });

  it('shows all of a burst that comes as soon as the log is followed', async () => {
    const program = `
      const lines = Array.from({ length: ${LINES} }, (_, i) => 'line ' + i + '\\n').join('');
      require('net').createServer((s) => { s.on('error', () => {}); s.on('data', (data) => {
        if (String(data).includes('chat')) process.stdout.write(lines);
        s.end('{"message_type":"peers","payload":[]}\\n\\n');
      }); }).listen(3000);`;
    const { devnet } = await box.up(
      `nodes: { a: { image: "${base}", command: [node, -e, ${JSON.stringify(program)}] } }`,
    );
    const stop = new AbortController();
    const log = await openLogTail(engine, devnet, { follow: true, signal: stop.signal });
    await sendToNode(engine, devnet, 'a', { message_type: 'chat', payload: '' }, 300);
    const texts: unknown[] = [];
    for await (const batch of log) {
      texts.push(...batch.filter(({ node }) => node === 'a').map(({ fields }) => fields.text));
      if (texts.length >= LINES) stop.abort();
    }
    expect(texts).toEqual(Array.from({ length: LINES }, (_, i) => `line ${i}`));
  });

  it('misses no line of a node that starts again, though no earlier lines were asked for', async () => {
    const { devnet } = await box.up('nodes: [a]');
    const container = engine.docker.getContainer(devnet.nodes[0]?.containerId as string);
    const stop = new AbortController();
    const log = await openLogTail(engine, devnet, { follow: true, tail: 0, signal: stop.signal });
    await container.kill();
    await container.start();
    const seen: LogEntry[] = [];
    for await (const batch of log) {
      seen.push(...batch);
      const endedAt = seen.find(({ event }) => event === 'node_ended')?.time;
      if (endedAt !== undefined && seen.some(({ event, time }) => event === 'listening' && time > endedAt))
        stop.abort();
    }
    expect(seen.map(({ event }) => event)).toEqual(expect.arrayContaining(['node_ended', 'node_started', 'listening']));
  });

  it('ends at once when the network was removed before', async () => {
    const { devnet } = await box.up('nodes: [a]');
    await down(engine, devnet);
    for await (const _ of tailLogs(engine, devnet, { follow: true }));
  });

  it('lets lines wait for earlier ones as long as its window', async () => {
    const { devnet } = await box.up('nodes: [a]');
    const stop = new AbortController();
    const news = (id: string) => sendToNode(engine, devnet, 'a', { message_type: 'gossip', payload: { id } }, 300);
    const follow = async (windowMs: number | undefined, take: (id: unknown) => Promise<void> | void) => {
      const options = { follow: true, signal: stop.signal, ...(windowMs === undefined ? {} : { windowMs }) };
      for await (const batch of tailLogs(engine, devnet, options)) {
        for (const { event, fields } of batch) if (event === 'gossip_received') await take(fields.id);
      }
    };
    const patient: unknown[] = [];
    const reading = follow(60_000, (id) => void patient.push(id));
    await news('one');
    // By the time that the second is here, the first would have been let go long since.
    let waited: number | undefined;
    await follow(undefined, async (id) => {
      if (id === 'one') await news('two');
      else {
        waited = patient.length;
        stop.abort();
      }
    });
    await reading;
    expect(waited).toBe(0);
  });

  it('reads only the chosen nodes and lines', async () => {
    const { devnet } = await box.up('nodes: [a, b]\nlinks: [a <-> b]');
    const read = async (options: Partial<Parameters<typeof tailLogs>[2]>) => {
      const entries: LogEntry[] = [];
      for await (const batch of tailLogs(engine, devnet, { follow: false, ...options })) entries.push(...batch);
      // Where the netem agent closes the network, as with Podman, it says that it is ready.
      return entries.filter(({ node }) => node !== CONTROLLER);
    };
    expect(new Set((await read({})).map(({ node }) => node))).toEqual(new Set(['a', 'b']));
    expect(new Set((await read({ nodes: ['b'] })).map(({ node }) => node))).toEqual(new Set(['b']));
    expect(await read({ nodes: ['a'], tail: 2 })).toHaveLength(2);
    expect(await read({ since: Date.now() / 1000 + 60 })).toEqual([]);
  });
});
