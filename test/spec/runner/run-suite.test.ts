import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runSuite, SECTIONS } from '../../../src/spec/runner/run-suite.ts';
import { ReferenceNode } from '../mutants/reference-node.ts';

const nodes: { stop(): void }[] = [];
afterEach(() => {
  for (const node of nodes.splice(0)) node.stop();
});

async function startReference(): Promise<{ host: string; port: number }> {
  const node = await new ReferenceNode().start();
  nodes.push(node);
  return { host: node.host, port: node.port };
}

/** Starts a server that is not a node: it replies with what `reply` returns, and closes. */
async function startServer(answer: (text: string) => string | undefined): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const reply = answer(chunk.toString());
      if (reply !== undefined) socket.end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  nodes.push({ stop: () => void server.close() });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

describe('cases', () => {
  const cases = SECTIONS.flatMap((section) => section.cases.map((one) => ({ section, one })));

  test('are numbered without gaps, section by section', () => {
    for (const { number, cases } of SECTIONS) {
      expect(cases.map((one) => one.number)).toEqual(cases.map((_, index) => `${number}.${index + 1}`));
    }
    expect(cases).toHaveLength(82);
  });

  test.each(cases)('$one.number states its rule in one sentence', ({ one }) => {
    expect(one.rule).toMatch(/^[A-Za-z][^\n]+\.$/);
    expect(one.title).not.toMatch(/\.$/);
  });
});

describe('runSuite', () => {
  test('runs the selected cases in order', async () => {
    const { results, counts } = await runSuite(await startReference(), { selectors: ['2.10', '1.7', '2.1'] });
    expect(results.map(({ number }) => number)).toEqual(['1.7', '2.1', '2.10']);
    expect(counts).toEqual({ OK: 3, 'NON-STRICT': 0, FAIL: 0, INFO: 0, SKIPPED: 0 });
  });

  test('rejects a selector without a case', async () => {
    await expect(runSuite(await startReference(), { selectors: ['1', '7.1'] })).rejects.toMatchObject({
      code: 'usage',
      message: 'no case or section "7.1"',
    });
  });

  test('rejects if nothing listens at the target', async () => {
    const target = await startReference();
    nodes.pop()?.stop();
    await expect(runSuite(target)).rejects.toMatchObject({ code: 'node_unreachable' });
  });

  test('rejects if it cannot listen at its address', async () => {
    // An address of the discard-only IPv6 prefix (RFC 6666), which no machine has.
    await expect(runSuite({ ...(await startReference()), listenHost: '100::1' })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  test('records what was sent and received, and when', async () => {
    const { results } = await runSuite(await startReference(), { selectors: ['2.10'] });
    const [connected, sent, received] = results[0]!.exchange;
    expect(connected).toMatchObject({ on: 'conn 1', kind: 'event' });
    expect(sent).toMatchObject({ kind: 'sent', text: '{"message_type":"spec_no_such_type","payload":[]}\\n\\n' });
    expect(received).toMatchObject({ kind: 'received', bytes: expect.any(Number) });
    expect(received!.at).toBeGreaterThanOrEqual(sent!.at);
  });

  test('stops when its signal aborts', async () => {
    const stop = new AbortController();
    const run = runSuite(await startReference(), {
      signal: stop.signal,
      onProfile: () => setTimeout(() => stop.abort(), 50),
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('counts a missed SHOULD as failed if strict', async () => {
    class SilentNode extends ReferenceNode {
      override refuse(): void {}
    }
    const node = await new SilentNode().start();
    nodes.push(node);
    const target = { host: node.host, port: node.port };
    const options = { selectors: ['2.10'], timeout: 200 };
    expect(await runSuite(target, options)).toMatchObject({ passed: true, counts: { 'NON-STRICT': 1 } });
    expect(await runSuite(target, { ...options, strict: true })).toMatchObject({ passed: false });
  });

  test('skips cases that need an answer from a target that never answers', async () => {
    const options = { selectors: ['1', '2.1', '4.1', '4.5'], timeout: 150 };
    const { results } = await runSuite(await startServer(() => undefined), options);
    const resultOf = (number: string) => results.find((one) => one.number === number);
    expect(resultOf('1.1')).toMatchObject({
      verdict: 'SKIPPED',
      reason: expect.stringContaining('a message type that is answered'),
    });
    expect(resultOf('2.1')).toMatchObject({ verdict: 'SKIPPED' });
    expect(resultOf('4.1')).toMatchObject({ verdict: 'FAIL', lacks: 'echo' });
    expect(resultOf('4.5')).toMatchObject({ verdict: 'FAIL', lacks: 'add_peer' });
  });

  test('is not fooled by a target that gives every message the same answer', async () => {
    const options = { selectors: ['1.1', '4.1', '4.2', '4.3'], timeout: 300 };
    const { results } = await runSuite(await startServer(() => '{"message_type":"ok"}\n\n'), options);
    expect(results.map(({ verdict, lacks }) => [verdict, lacks])).toEqual([
      ['SKIPPED', undefined],
      ['FAIL', 'echo'],
      ['FAIL', 'ping'],
      ['FAIL', 'get_peers'],
    ]);
  });
});
