import { afterAll, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { messageIdPrefix } from '../../../src/experiment/plan/randomness.ts';
import { runWorkload } from '../../../src/experiment/run/workload.ts';
import { ReceiptCollector } from '../../../src/network/receipt-collector.ts';
import { publishGossip } from '../../../src/network/send-message.ts';
import { startProcessNetwork } from '../../../src/runtimes/process/process-network.ts';
import type { ScenarioNetwork } from '../../../src/scenario/index.ts';

const EXPERIMENT = parseExperiment(
  `
question: Is it true?
topology: { nodes: { count: 2 }, links: line }
load: { messages: 2, every: 2s, warmup: 0, from: n1, within: 3s }
faults: [{ at: 900ms, restart: n2 }]
`,
  { file: 'x.yaml', name: 'x' },
);
const run = EXPERIMENT.runs[0]!;

const network = await startProcessNetwork(run.topology);
afterAll(() => network.down());

it('counts a message that a node receives in two lifetimes twice, and takes it for one receipt', async () => {
  const { name, runtime, topology, addresses, dialer } = network;
  const sendingAgain: ScenarioNetwork = {
    name,
    runtime,
    topology,
    addresses,
    dialer,
    clockOffset: () => network.clockOffset(),
    nodes: () => network.nodes(),
    readLog: (options) => network.readLog(options),
    prepareFaults: (faults) => network.prepareFaults(faults),
    inject: async (fault, id) => {
      const handle = await network.inject(fault, id);
      await publishGossip(network, 'n2', { id: `${messageIdPrefix(run)}-1`, data: 'x' });
      return handle;
    },
  };
  const finished = new AbortController();
  const receipts = new ReceiptCollector();
  await receipts.follow(network, finished.signal);
  const sent: number[] = [];
  const { samples, traffic, faults } = await runWorkload({
    network: sendingAgain,
    receipts,
    run,
    load: EXPERIMENT.load!,
    signal: new AbortController().signal,
    onMessageSent: (count) => sent.push(count),
  });
  finished.abort();
  expect(sent).toEqual([1, 2]);
  expect(faults).toMatchObject([{ name: 'restart-n2', what: 'restart n2' }]);
  const [first, second] = samples.map((sample) => sample.receipts.map(({ node }) => node));
  expect(first).toEqual(['n1', 'n2']);
  // Whether the second one arrived depends on how soon the link was dialed again.
  expect(traffic).toMatchObject({ n1: { received: 2 }, n2: { received: 2 + (second!.includes('n2') ? 1 : 0) } });
});
