import { expect, test } from 'vitest';
import { maxConcurrentFaults, ScenarioTimeline } from '../../../src/cli/output/scenario-timeline.ts';
import type { ScenarioEvent } from '../../../src/scenario/run/scenario-events.ts';
import { schedule } from '../../../src/scenario/schedule/schedule.ts';
import { scenario } from '../../support/scenario-fixtures.ts';

const plain = (most: number) => new ScenarioTimeline(most, (_, text) => text);
const shown = (most: number, happenings: ScenarioEvent[]) => {
  const timeline = plain(most);
  return happenings.flatMap((happening) => timeline.render(happening).split('\n'));
};
const kill = (at: number, name: string, node: string): ScenarioEvent => ({
  at,
  what: 'injected',
  name,
  faults: [{ kind: 'kill', node }],
});
const heal = (at: number, name: string, atEnd = false): ScenarioEvent => ({ at, what: 'healed', name, atEnd });

test('draws a bar for each fault, in the first free column', () => {
  const lines = shown(3, [
    kill(1_000, 'one', 'a'),
    kill(2_500, 'two', 'b'),
    heal(3_000, 'one'),
    kill(4_000, 'three', 'c'),
    { at: 4_500, what: 'injected', name: 'again', faults: [{ kind: 'restart', node: 'd' }] },
    heal(5_000, 'two'),
    heal(60_000, 'three', true),
  ]);
  expect(lines).toEqual([
    '    1.00 s ╷   one: kill a',
    '    2.50 s │╷  two: kill b',
    '    3.00 s ╵│  one healed',
    '    4.00 s ╷│  three: kill c',
    '    4.50 s ││  again: restart d',
    '    5.00 s │╵  two healed',
    '   60.00 s ╵   three healed (end of the scenario)',
  ]);
});

test('prints the limitation of a fault below it, and the same one only once', () => {
  const slow = (at: number, name: string, warnings: string[]): ScenarioEvent =>
    ({ ...kill(at, name, 'a'), warnings }) as ScenarioEvent;
  const lines = shown(2, [slow(0, 'one', ['not shaped']), slow(1_000, 'two', ['not shaped', 'not saved'])]);
  expect(lines).toEqual([
    '    0.00 s ╷  one: kill a',
    '           │    ! not shaped',
    '    1.00 s │╷ two: kill a',
    '           ││   ! not saved',
  ]);
});

test('prints messages and expectations', () => {
  const expectation = { kind: 'no drift', within: 2_000 } as const;
  const outcome = { expectation, at: 0, took: 300, seen: 'no drift', lines: [], met: true };
  const lines = shown(1, [
    kill(0, 'one', 'a'),
    { at: 1_000, what: 'gossiped', from: 'b', id: 'news-1' },
    { at: 1_000, what: 'sent', to: 'c', type: 'ping', reply: 'pong' },
    { at: 1_000, what: 'sent', to: 'c', type: 'chat' },
    { at: 1_000, what: 'unsent', to: 'a', type: 'gossip', why: 'a does not run' },
    { at: 1_300, what: 'judged', outcome },
    { at: 2_000, what: 'judged', outcome: { ...outcome, name: 'whole', met: false, took: 2_000, seen: 'down: a' } },
  ]);
  expect(lines).toEqual([
    '    0.00 s ╷ one: kill a',
    '    1.00 s │ gossip from b: news-1',
    '    1.00 s │ ping to c: pong',
    '    1.00 s │ chat to c',
    '    1.00 s │ ! gossip not sent: a does not run',
    '    1.30 s │ ✔ no drift within 2s',
    '           │   met after 0.30 s: no drift',
    '    2.00 s │ ✘ whole: no drift within 2s',
    '           │   missed after 2.00 s; last seen: down: a',
  ]);
});

test.each([
  ['- gossip: a', 0],
  ['- restart: a', 0],
  ['- { kill: a, every: 2s, times: 3, for: 2s }', 1],
  ['- kill: [a, b]\n- cut: a <-> b\n- { at: 1s, heal: all }\n- kill: c', 2],
])('the most faults at once in %j are %d', (steps, most) =>
  expect(maxConcurrentFaults(schedule(scenario(steps)))).toBe(most),
);
