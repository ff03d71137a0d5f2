import { describe, expect, it } from 'vitest';
import { CONTROLLER, concernsNodes, currentLogTime, entryToJson, parseLogLine } from '../../src/network/log-entry.ts';

const read = (text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
  parseLogLine('n1', { stream, time: '2026-01-01T00:00:01.123456789Z', text });

describe('parseLogLine', () => {
  it('parses a JSON log line', () => {
    expect(
      read('{"time":"2026-01-01T00:00:00.5Z","level":"warn","event":"link_down","node":"liar","peer":"10.0.0.1:1"}'),
    ).toEqual({
      time: '2026-01-01T00:00:00.500000Z',
      node: 'n1',
      level: 'warn',
      event: 'link_down',
      fields: { peer: '10.0.0.1:1' },
    });
  });

  it.each([
    ['plain words', 'output', { text: 'plain words' }],
    ['{"half":', 'output', { text: '{"half":' }],
    ['{"a":1}', 'output', { text: '{"a":1}' }],
    ['[1]', 'output', { text: '[1]' }],
    ['', 'output', { text: '' }],
    ['{"message":"hello"}', 'message', { message: 'hello' }],
    ['{"msg":"hello"}', 'message', { msg: 'hello' }],
    ['{"event":7,"message":"m"}', 'message', { message: 'm' }],
  ])('reads %j as %s', (text, event, fields) => {
    expect(read(text)).toMatchObject({ event, fields, time: '2026-01-01T00:00:01.123456Z', level: 'info' });
  });

  it.each(['yesterday', 17, '2026-01-01T00:00:00+02:00', null])(
    'falls back on the time of the engine for the time %j',
    (time) => {
      expect(read(JSON.stringify({ time, event: 'x' })).time).toBe('2026-01-01T00:00:01.123456Z');
    },
  );

  it.each([
    ['fatal', 'error'],
    ['warning', 'warn'],
    ['trace', 'debug'],
    ['loud', 'info'],
    [30, 'info'],
  ])('reads the level %j as %s', (level, expected) => {
    expect(read(JSON.stringify({ level, event: 'x' })).level).toBe(expected);
  });

  it('gives text on standard error the level warn', () => {
    expect(read('oh', 'stderr').level).toBe('warn');
  });

  it('marks the pieces of a line that is too long, whatever they look like', () => {
    const time = '2026-01-01T00:00:01.123456789Z';
    expect(parseLogLine('n1', { stream: 'stdout', time, text: '{"event":"x"}', continues: true })).toMatchObject({
      event: 'output',
      fields: { text: '{"event":"x"}', continues: true },
    });
  });

  it('writes times that compare with those it parses', () => {
    expect(currentLogTime()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('puts fields beside the other keys in JSON', () => {
    expect(entryToJson(read('hello'))).toEqual({
      time: '2026-01-01T00:00:01.123456Z',
      node: 'n1',
      level: 'info',
      event: 'output',
      text: 'hello',
    });
  });
});

describe('concernsNodes', () => {
  it.each([
    ['a', 'link_down', { peer: 'c' }, true],
    ['c', 'link_down', { peer: 'a', from: 'a', of: 'a' }, false],
    [CONTROLLER, 'node_ended', { of: 'a' }, true],
    [CONTROLLER, 'node_ended', { of: 'c' }, false],
    [CONTROLLER, 'fault_injected', { from: ['c'], to: ['d', 'b'] }, true],
    [CONTROLLER, 'fault_healed', { from: ['c'], to: ['d'] }, false],
    [CONTROLLER, 'link_conditions', { from: 'a', to: 'c' }, true],
    [CONTROLLER, 'link_conditions', { to: 'b', restored: true }, true],
    [CONTROLLER, 'not_shaped', { nodes: ['c', 'a'] }, true],
    [CONTROLLER, 'up', { nodes: [{ name: 'a' }] }, false],
    [CONTROLLER, 'links_ready', {}, false],
  ])('of a and b, the entry %s %s %j: %s', (node, event, fields, concerns) => {
    expect(concernsNodes({ time: '', node, level: 'info', event, fields }, new Set(['a', 'b']))).toBe(concerns);
  });

  it('gives the controller all of its own entries', () => {
    const entry = { time: '', level: 'info', event: 'links_ready', fields: {} } as const;
    expect(concernsNodes({ ...entry, node: CONTROLLER }, new Set([CONTROLLER]))).toBe(true);
    expect(concernsNodes({ ...entry, node: 'a' }, new Set([CONTROLLER]))).toBe(false);
  });
});
