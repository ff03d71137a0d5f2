import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/devnet/log-entry.ts';
import type { Observed } from '../../../src/devnet/observe.ts';
import { directRoute } from '../../../src/devnet/route.ts';
import type { Counting } from '../../../src/experiment/counting.ts';
import { spread } from '../../../src/experiment/load.ts';
import { parseExperiment } from '../../../src/experiment/parse.ts';
import { Receipts } from '../../../src/experiment/receipts.ts';
import { tell } from '../../../src/experiment/tell.ts';
import { cleanUp, startNode, type TestNode, until } from '../../node/support.ts';

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
  const receipts = new Receipts();
  const following = receipts.follow(logOf(lives, over.signal));
  const route = directRoute('127.0.0.1');
  const again = async (counting: Counting) => {
    await until(() => has(n2), 'the news');
    await counting.ending('n2');
    await n2.node.stop();
    const next = await startNode({ name: 'n2', port: n2.address.port });
    lives.push(next);
    counting.begun('n2');
    await tell(route, { node: 'n2', ...n2.address }, { id: 'x-1', data: 'x' });
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
  const result = await spread(
    {
      devnet: devnet as Observed,
      route,
      receipts,
      told: () => {},
      faults: async (counting) => {
        happening = again(counting);
        return { began: Date.now(), failed: new AbortController().signal, end: async () => happening.then(() => []) };
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
