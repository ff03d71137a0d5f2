import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runSuite, SECTIONS, type SuiteResult } from '../../../src/spec/runner/run-suite.ts';
import { type Link, type Message, ReferenceNode } from '../mutants/reference-node.ts';

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

/**
 * Starts a server that serves one connection at a time, or as many as it has workers, until its sender closes it, as a loop around
 * `accept` does: it answers each line that is `{"message_type":"ping"}` or `get_peers`, and nothing else.
 */
async function startSerialServer(workers = 1, refusesOthers = false): Promise<{ host: string; port: number }> {
  const waiting: Socket[] = [];
  let busy = 0;
  const serveNext = () => {
    const socket = busy < workers ? waiting.shift() : undefined;
    if (socket === undefined) return;
    if (socket.destroyed) return serveNext();
    busy++;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      for (let end = text.indexOf('}\n\n'); end >= 0; end = text.indexOf('}\n\n')) {
        const message = parseOrUndefined(text.slice(0, end + 1));
        text = text.slice(end + 3);
        if (message?.message_type === 'ping')
          socket.write(`${JSON.stringify({ ...message, message_type: 'pong' })}\n\n`);
        if (message?.message_type === 'get_peers') socket.write('{"message_type":"peers","payload":[]}\n\n');
      }
    });
    socket.on('close', () => {
      busy--;
      serveNext();
    });
    socket.resume();
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (refusesOthers && busy === workers) return void socket.destroy();
    socket.pause();
    waiting.push(socket);
    serveNext();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  nodes.push({ stop: () => void server.close() });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

function parseOrUndefined(text: string): { message_type?: unknown } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('a target that serves few connections at a time', () => {
  const verdictsOf = ({ results }: SuiteResult) => Object.fromEntries(results.map((one) => [one.number, one.verdict]));

  test('has the same verdicts in a section as alone', async () => {
    const target = await startSerialServer();
    const selectors = ['1.1', '1.5', '1.6', '1.7', '1.17', '2.5', '2.12', '4.2', '4.3', '4.4', '4.16'];
    const options = { timeout: 200 };
    const together = await runSuite(target, { ...options, selectors });
    expect(together.servesFewAtATime).toBe(true);
    const alone: Record<string, string> = {};
    for (const number of selectors)
      Object.assign(alone, verdictsOf(await runSuite(target, { ...options, selectors: [number] })));
    expect(verdictsOf(together)).toEqual(alone);
    // It does not know echo: the suite learns that ping and get_peers are answered all the same.
    expect(alone).toMatchObject({ '1.1': 'OK', '1.7': 'OK', '2.12': 'NON-STRICT', '4.2': 'OK', '4.3': 'OK' });
  });

  test('fails cases that hold several connections open, and is told why', async () => {
    const { results } = await runSuite(await startSerialServer(), { timeout: 200, selectors: ['6.3'] });
    expect(results[0]).toMatchObject({
      verdict: 'FAIL',
      got: expect.stringContaining('it serves few connections at a time, and the case holds several open'),
    });
  });

  test.each([
    ['serves two', false],
    ['refuses a third', true],
  ])('is one that %s', async (_, refusesOthers) => {
    const target = await startSerialServer(2, refusesOthers);
    const { results, servesFewAtATime } = await runSuite(target, {
      timeout: 200,
      selectors: ['1.1', '1.6', '4.2', '4.3'],
    });
    expect(servesFewAtATime).toBe(true);
    expect(results.map(({ verdict }) => verdict)).toEqual(['OK', 'FAIL', 'OK', 'OK']);
  });

  test('is not confused with a node that serves several', async () => {
    expect(await runSuite(await startReference(), { selectors: ['2.1'] })).toMatchObject({ servesFewAtATime: false });
  });
});

describe('a node without gossip', () => {
  const selectors = ['5.1', '5.3'];
  const explain = async (node: ReferenceNode) => {
    await node.start();
    nodes.push(node);
    const { results } = await runSuite({ host: node.host, port: node.port }, { selectors, timeout: 300 });
    return results;
  };

  test('is told that gossip is an unknown type, with the bytes', async () => {
    const node = new ReferenceNode();
    node.handlers.delete('gossip');
    const [first, second] = await explain(node);
    expect(first).toMatchObject({
      verdict: 'FAIL',
      lacks: 'gossip',
      got: expect.stringMatching(/unknown type.*"unknown_type"/),
    });
    expect(first!.exchange.map(({ text }) => text).join('\n')).toMatch(/"gossip".*\n.*"unknown_type"/s);
    expect(second).toMatchObject({ verdict: 'SKIPPED', reason: expect.stringContaining('case 5.1 shows') });
    expect(second!.exchange).toEqual(first!.exchange);
  });

  test('is told that gossip was accepted and forwarded to nobody', async () => {
    class Keeper extends ReferenceNode {
      override forward(): void {}
    }
    const [first] = await explain(new Keeper());
    expect(first?.got).toBe(
      'it accepted the gossip without an error, and it was forwarded to 0 of 1 peer within 0.6 s',
    );
  });

  test('is told that nothing tells its gossip from a type that no node knows, if it answers neither', async () => {
    const node = new ReferenceNode();
    node.send = (connection, message) => {
      if (message.message_type === 'error') connection.socket.end();
      else ReferenceNode.prototype.send.call(node, connection, message);
    };
    node.handlers.delete('gossip');
    node.handlers.delete('ping');
    await node.start();
    nodes.push(node);
    const { results } = await runSuite(
      { host: node.host, port: node.port },
      { selectors: ['4.2', '5.1'], timeout: 300 },
    );
    expect(results.map(({ got }) => got)).toEqual([
      'no reply to ping: it closed the connection',
      'it answered nothing to the gossip, as to a type that no node knows, and it was forwarded to 0 of 1 peer within 0.3 s',
    ]);
  });

  test('is told how many of its peers got it', async () => {
    class Favourer extends ReferenceNode {
      override forward(link: Link, message: Message): void {
        if (link === [...this.links.values()][0]) super.forward(link, message);
      }
    }
    const [first] = await explain(new Favourer());
    expect(first?.got).toContain('forwarded to 1 of 3 peers');
  });
});
