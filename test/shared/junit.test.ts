import { parse } from 'junit2json';
import { expect, test } from 'vitest';
import { formatJunitReport } from '../../src/shared/junit.ts';

test('a report counts outcomes and escapes text', async () => {
  const testCase = (name: string) => ({ classname: 'a<b', name, durationMs: 1_250 });
  const report = formatJunitReport({
    name: '"all"',
    durationMs: 5_000,
    suites: [
      {
        name: 'first & only',
        hostname: '127.0.0.1:3000',
        startedAt: '2026-01-01T00:00:00.000Z',
        durationMs: 4_000,
        testCases: [
          testCase('passed'),
          { ...testCase('talkative'), outcome: { kind: 'output', text: '<3' } },
          { ...testCase('skipped'), outcome: { kind: 'skipped', message: 'needs "echo"' } },
          {
            ...testCase('failed'),
            outcome: { kind: 'failure', type: 'missed', message: 'a & b', text: 'one\ntwo\u0007' },
          },
          { ...testCase('broken'), outcome: { kind: 'error', type: 'engine', message: 'gone', text: 'gone' } },
        ],
      },
    ],
  });
  const counts = { tests: 5, failures: 1, errors: 1, skipped: 1 };
  expect(await parse(report)).toEqual({
    name: '"all"',
    ...counts,
    time: 5,
    testsuite: [
      {
        name: 'first & only',
        hostname: '127.0.0.1:3000',
        timestamp: '2026-01-01T00:00:00',
        ...counts,
        time: 4,
        testcase: [
          { classname: 'a<b', name: 'passed', time: 1.25 },
          { classname: 'a<b', name: 'talkative', time: 1.25, 'system-out': ['<3'] },
          { classname: 'a<b', name: 'skipped', time: 1.25, skipped: [{ message: 'needs "echo"' }] },
          {
            classname: 'a<b',
            name: 'failed',
            time: 1.25,
            failure: [{ type: 'missed', message: 'a & b', inner: 'one\ntwo\ufffd' }],
          },
          { classname: 'a<b', name: 'broken', time: 1.25, error: [{ type: 'engine', message: 'gone', inner: 'gone' }] },
        ],
      },
    ],
  });
});
