import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { toLogTime } from '../../../src/network/log-entry.ts';
import { ActionFollower } from '../../../src/recording/actions/action-follower.ts';
import { LiveRecording, type NewEvent } from '../../../src/recording/live-recording.ts';

let folder: string;
let journal: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  journal = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Follows the journal of a network of two nodes. */
async function startFollower() {
  const timeAgo = (milliseconds: number) => toLogTime(Date.now() - milliseconds);
  const live = new LiveRecording(() => timeAgo(0));
  const nodes = ['n1', 'n2'].map((name, index) => ({
    name,
    state: 'running' as const,
    address: `10.0.0.${index}:3000`,
  }));
  live.write({ type: 'nodes', nodes });
  const events: string[] = [];
  live.subscribe((event) => {
    if (event.type === 'fault') events.push(`${event.name}: ${event.description}`);
    else events.push(event.type === 'heal' ? `heal ${event.name}` : event.type);
  });
  const record = (event: NewEvent) => live.write(event);
  return { follower: await ActionFollower.start(journal, { live, record, timeAgo }), live, events };
}

function note(entry: Record<string, unknown>): void {
  appendFileSync(journal, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}

const SQUEEZE = { event: 'fault_injected', fault: 'squeeze-1', kind: 'squeeze', node: 'n2', cpus: 0.5 };

it('records faults that are noted from its start on, and that a node is healed', async () => {
  note({ event: 'fault_injected', fault: 'kill-0', kind: 'kill', node: 'n1' });
  const { follower, live, events } = await startFollower();
  note({ event: 'fault_injected', fault: 'kill-1', kind: 'kill', node: 'n1' });
  note(SQUEEZE);
  note({ event: 'fault_healed', fault: 'n1' });
  await follower.stop();
  expect(events).toEqual(['kill-1: kill n1', 'squeeze-1: squeeze n2 to 0.5 cpus', 'heal kill-1']);
  expect(live.snapshot.faults.map(({ name }) => name)).toEqual(['squeeze-1']);
});

it('leaves out faults that are recorded already or read from the network, lines without an end, and what is no journal', async () => {
  const { follower, live, events } = await startFollower();
  live.write({ type: 'fault', name: 'squeeze-1', description: 'by this process' });
  note(SQUEEZE);
  note({ event: 'fault_injected', fault: 'cut-1', kind: 'partition', cuts: [{ from: ['n1'], to: ['n2'] }] });
  appendFileSync(journal, 'no JSON\n{"time":"2026-01-31T12:00:00Z","event":"fault_inj');
  await follower.stop();
  expect(events).toEqual(['squeeze-1: by this process']);
});

it('goes on with a journal that is begun anew, and without one', async () => {
  writeFileSync(journal, 'x'.repeat(10_000));
  const { follower, events } = await startFollower();
  writeFileSync(journal, '');
  note(SQUEEZE);
  await follower.stop();
  expect(events).toEqual(['squeeze-1: squeeze n2 to 0.5 cpus']);
  rmSync(journal);
  const { follower: other } = await startFollower();
  await other.stop();
});
