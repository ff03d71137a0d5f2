import { describe, expect, it } from 'vitest';
import { FilteredLog, matchesFilter } from '../../../src/dashboard/web/log/filter-log.ts';
import { formatDetails, formatEntry } from '../../../src/dashboard/web/log/format-entry.ts';
import { toVisibleText } from '../../../src/dashboard/web/log/visible-text.ts';
import type { RecordedLogEntry } from '../../../src/recording/recording-event.ts';

const entry = (node: string, fields: Partial<RecordedLogEntry> = {}): RecordedLogEntry => ({
  ...{ time: '2026-01-31T12:00:00.000000Z', node, level: 'info', event: 'link_up' },
  ...fields,
});

const names = new Map([['10.0.0.7:3000', 'n7']]);

describe('text of a node', () => {
  it.each([
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['abc\u202egnp.exe', 'abc\\u202egnp.exe'],
    ['a\u200bb\u2066c\ufeff', 'a\\u200bb\\u2066c\\ufeff'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['naïve 日本 😀', 'naïve 日本 😀'],
    ['\0\x7f\x9b', '\\x00\\x7f\\x9b'],
  ])('%j has nothing hidden in it', (text, visible) => expect(toVisibleText(text, 100)).toBe(visible));

  it('is cut, however long it is', () => {
    expect(toVisibleText('x'.repeat(1_048_576), 10)).toBe('xxxxxxxxxx … (1,048,576 characters)');
    const line = formatEntry(entry('n1', { event: 'output', text: '\n'.repeat(1_048_576) }), names);
    expect(line.length).toBeLessThan(1_000);
    expect(formatDetails(entry('n1', { event: 'output', text: 'y'.repeat(1_048_576) })).length).toBeLessThan(21_000);
  });
});

describe('the filter of the log', () => {
  const nodes = new Set(['n1']);

  it.each<[string, RecordedLogEntry, boolean]>([
    ['of the node', entry('n1'), true],
    ['of another', entry('n2'), false],
    ['of devnet about the node', entry('.devnet', { event: 'node_ended', of: 'n1' }), true],
    ['of devnet about a link of the node', entry('.devnet', { event: 'link_cut', from: 'n2', to: 'n1' }), true],
    ['of devnet about others', entry('.devnet', { event: 'link_cut', from: 'n2', to: 'n3' }), false],
  ])('shows or leaves out an entry %s', (_, one, isShown) => {
    expect(matchesFilter(one, { nodes, level: 'debug', text: '' }, names)).toBe(isShown);
  });

  it('looks for text in the line as it is shown', () => {
    const one = entry('n1', { peer: '10.0.0.7:3000' });
    expect(matchesFilter(one, { level: 'debug', text: 'peer=n7' }, names)).toBe(true);
    expect(matchesFilter(one, { level: 'debug', text: 'peer=n8' }, names)).toBe(false);
    expect(matchesFilter(one, { level: 'warn', text: '' }, names)).toBe(false);
  });

  it('takes in what is added, and starts again when the oldest entries are gone', () => {
    const filtered = new FilteredLog({ level: 'debug', nodes, text: '' });
    const log = [entry('n1'), entry('n2')];
    expect(filtered.update(log, names)).toEqual([0]);
    log.push(entry('n1'));
    expect(filtered.update(log, names)).toEqual([0, 2]);
    log.shift();
    expect(filtered.update(log, names)).toEqual([1]);
  });
});
