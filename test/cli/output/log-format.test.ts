import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createTerminalFormatter } from '../../../src/cli/output/log-format.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { formatAsJson } from '../../../src/network/log-entry.ts';

const entry = (time: string, node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time,
  node,
  level: 'info',
  event,
  fields,
});
const JSON_KEYS = { time: '2026-01-01T00:00:01.250000Z', node: 'bob', level: 'info', event: 'output' };
const at = (second: number) => `2026-01-01T00:00:0${second}.250000Z`;

describe('createTerminalFormatter', () => {
  const nodes = [
    { name: 'alice', address: '10.64.0.2', port: 3000 },
    { name: 'bob', address: '10.64.0.3', port: 3000 },
  ];
  const show = (one: LogEntry, more?: number) =>
    stripVTControlCharacters(createTerminalFormatter(nodes, at(0))(one, more));

  it('prints names of nodes instead of addresses, and times since the first line', () => {
    expect(show(entry(at(3), 'bob', 'link_up', { peer: '10.64.0.2:3000', rtt_ms: 0.5 }))).toBe(
      '    +3.000 bob    link_up peer=alice rtt_ms=0.5',
    );
  });

  it('prints how often an entry was repeated', () => {
    expect(show(entry(at(1), 'bob', 'chat', { text: 'two words' }), 2)).toBe(
      '    +1.000 bob    chat text="two words" (and 2 more like it)',
    );
  });

  it('marks a line that continues', () => {
    const piece = entry(at(1), 'bob', 'output', { text: 'half', continues: true });
    expect(show(piece)).toBe('    +1.000 bob    half … (this line continues below)');
    expect(JSON.parse(formatAsJson(piece))).toEqual({ ...JSON_KEYS, text: 'half', continues: true });
    expect(JSON.parse(formatAsJson(entry(at(1), 'bob', 'output', { text: 'a "b"\u2028' })))).toEqual({
      ...JSON_KEYS,
      text: 'a "b"\u2028',
    });
  });

  it.each(['\x1b[2J', 'a\rb', '\x07', '\u009b31m'])('escapes %j, so that no node controls the terminal', (text) => {
    const shown =
      createTerminalFormatter(nodes, at(0))(entry(at(1), 'bob', 'output', { text })) +
      createTerminalFormatter(nodes, at(0))(entry(at(1), 'bob', 'chat', { text }));
    expect(stripVTControlCharacters(shown).replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});
