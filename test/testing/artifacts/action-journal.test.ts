import { expect, it } from 'vitest';
import { ActionJournal } from '../../../src/testing/artifacts/action-journal.ts';

const entriesOf = (journal: ActionJournal) =>
  journal.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it('keeps a text as it is, however many lines and quotes it has', () => {
  const journal = new ActionJournal();
  const message = `timed out after 5 s waiting for "x"\n  ${'a line of the log\n'.repeat(200)}`;
  journal.add('failed', { message });
  expect(entriesOf(journal)).toEqual([{ time: expect.any(String), event: 'failed', message }]);
});

it('cuts values that are too long: a text as text, anything else as its JSON', () => {
  const journal = new ActionJournal();
  const long = 'x'.repeat(30_000);
  journal.add('send', { payload: { long }, text: long });
  const [entry] = entriesOf(journal) as [{ payload: string; text: string }];
  expect(entry.text).toBe(`${'x'.repeat(20_000)}…`);
  expect(entry.payload).toMatch(/^\{"long":"x+…$/);
});

it('keeps the last 10,000 entries or more', () => {
  const journal = new ActionJournal();
  for (let at = 0; at < 25_000; at++) journal.add('send', { at });
  const entries = entriesOf(journal);
  expect(entries.length).toBeGreaterThanOrEqual(10_000);
  expect(entries.length).toBeLessThan(20_000);
  expect(entries.at(-1)).toMatchObject({ at: 24_999 });
});
