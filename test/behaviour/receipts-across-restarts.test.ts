import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createDirectDialer } from '../../src/controller/peers/dialer.ts';
import type { NetworkState } from '../../src/controller/state/network-state.ts';
import { parseExperiment } from '../../src/experiment/plan/parse.ts';
import type { CounterTracker } from '../../src/experiment/run/counter-tracker.ts';
import { publishGossip } from '../../src/experiment/run/publish-gossip.ts';
import { ReceiptLog } from '../../src/experiment/run/receipt-log.ts';
import { runWorkload } from '../../src/experiment/run/workload.ts';
import type { LogEntry } from '../../src/network/log-entry.ts';
import { cleanUp, startNode, type TestNode } from '../support/test-node.ts';
import { until } from '../support/until.ts';

afterEach(cleanUp);

const EXPERIMENT = parseExperiment(
  `
question: Is it true?
topology: { nodes: { count: 2 }, links: line }
load: { messages: 2, every: 1s, warmup: 0, from: n1, within: 2s }
`,
  { file: 'x.yaml', name: 'x' },
);

/** What all lives of the nodes have logged so far, and whatever they log until the signal aborts. */
async function* logOf(nodes: readonly TestNode[], signal: AbortSignal): AsyncGenerator<LogEntry[]> {
  const read = new Map<TestNode, number>();
  while (!signal.aborted) {
    for (const one of [...nodes]) {
      const lines = one.logged.slice(read.get(one) ?? 0);
      read.set(one, one.logged.length);
      if (lines.length === 0) continue;
      yield lines.map(({ time, node, event, ...fields }) => ({ time, node, event, level: 'info', fields }) as LogEntry);
    }
    await delay(10);
  }
}

it('news that a node receives in two of its lives is counted twice, and is one receipt', async () => {
  const n1 = await startNode({ name: 'n1' });
  const n2 = await startNode({ name: 'n2' });
  n1.node.addPeer(n2.listen);
  const lives = [n1, n2];
  const has = (one: TestNode) => one.logged.some(({ event }) => event === 'gossip_received');
  await until(() => n1.logged.some(({ event }) => event === 'link_up'), 'the link');

  const over = new AbortController();
  const receipts = new ReceiptLog();
  const following = receipts.follow(logOf(lives, over.signal));
  const route = createDirectDialer('127.0.0.1');
  const again = async (counting: CounterTracker) => {
    await until(() => has(n2), 'the news');
    await counting.beforeStop('n2');
    await n2.node.stop();
    const next = await startNode({ name: 'n2', port: n2.address.port });
    lives.push(next);
    counting.afterStart('n2');
    await publishGossip(route, { node: 'n2', ...n2.address }, { id: 'x-1', data: 'x' });
    await until(() => has(next), 'the news, once more');
  };
  let happening: Promise<void> = Promise.resolve();
  const [run] = EXPERIMENT.runs;
  const placed = ({ address: { host, port } }: TestNode, index: number) => ({
    name: `n${index + 1}`,
    address: host,
    port,
  });
  const devnet = { nodes: [n1, n2].map(placed) };
  const result = await runWorkload(
    {
      network: devnet as NetworkState,
      dialer: route,
      receipts,
      onMessageSent: () => {},
      startFaults: async (counting) => {
        happening = again(counting);
        return {
          startedAtMs: Date.now(),
          failed: new AbortController().signal,
          stop: async () => happening.then(() => []),
        };
      },
    },
    run!,
    EXPERIMENT.load!,
    'x',
    new AbortController().signal,
  );
  over.abort();
  await following;
  const [first, second] = result.samples.map((sample) => sample.receipts.map(({ node }) => node));
  expect(first).toEqual(['n1', 'n2']);
  // Whether the second came depends on how soon the link was dialed again.
  expect(result.traffic).toMatchObject({ n1: { received: 2 }, n2: { received: 2 + (second!.includes('n2') ? 1 : 0) } });
});
