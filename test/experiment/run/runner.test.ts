import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { createRunSample } from '../../../src/experiment/run/runner.ts';
import { message } from '../fixtures.ts';

it('a run sample counts the messages that reached their senders', () => {
  const source = 'name: x\nquestion: q\ntopology: { nodes: { count: 3 }, links: line }\nload: { messages: 1 }\n';
  const [run] = parseExperiment(source, { file: 'x.yaml' }).runs;
  const notSent = { ...message([]), receipts: [], never: ['n1', 'n2', 'n3'] };
  const samples = [message([1, 2]), notSent, message([], 2)];
  const result = { samples, traffic: {}, startedAt: '2026-01-01T00:00:00Z', faults: [] };
  expect(createRunSample(run!, result, 1).messages).toBe(2);
});
