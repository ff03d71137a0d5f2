import { parse } from 'junit2json';
import { expect, test } from 'vitest';
import { formatScenarioJunit } from '../../../src/scenario/run/junit-report.ts';
import type { ExpectationResult } from '../../../src/scenario/run/scenario-events.ts';

const outcome = (part: Partial<ExpectationResult>): ExpectationResult => ({
  expectation: { kind: 'no drift', within: 5_000 },
  met: true,
  at: 0,
  took: 250,
  seen: 'no drift',
  lines: [],
  ...part,
});

const time = '2026-01-01T00:00:00.000Z';
/** The test case of the default outcome. */
const MET = { classname: 'ring', name: 'at 0.000 s: no drift within 5s', time: 0.25 };

/** Parses a report, and returns it and its only suite. */
async function read(...of: Parameters<typeof formatScenarioJunit>) {
  const report = (await parse(formatScenarioJunit(...of))) as { testsuite: { testcase: unknown[] }[] };
  return { report, suite: report.testsuite[0] };
}

test('has a test case for each expectation, in the order of their times', async () => {
  const missed = outcome({
    name: 'whole',
    met: false,
    at: 2_000,
    took: 5_000,
    seen: 'missing: a -> "b" & \u0007',
    lines: [{ time, node: 'a', level: 'warn', event: 'link_down', fields: { peer: 'b', tries: 2 } }],
  });
  const { report, suite } = await read({ outcomes: [missed, outcome({})], took: 7_500 }, { name: 'ring', time });
  expect(report).toMatchObject({ name: 'scenario ring', tests: 2, failures: 1, time: 7.5 });
  expect(suite).toMatchObject({ name: 'ring', timestamp: '2026-01-01T00:00:00', tests: 2, failures: 1, errors: 0 });
  expect(suite?.testcase).toEqual([
    MET,
    {
      classname: 'ring',
      name: 'at 2.000 s: whole: no drift within 5s',
      time: 5,
      failure: [
        {
          type: 'missed',
          message: 'expected no drift within 5s; last seen: missing: a -> "b" & \ufffd',
          inner: [
            'expected: no drift within 5s',
            'last seen: missing: a -> "b" & \ufffd',
            'the log until then:',
            `${time} a link_down peer=b tries=2`,
          ].join('\n'),
        },
      ],
    },
  ]);
});

test('has no test cases for a scenario without expectations', async () => {
  const { report } = await read({ outcomes: [], took: 10 }, { name: 'x', time });
  expect(report).toMatchObject({ tests: 0, failures: 0 });
});

test('has an error for a scenario that failed, beside the expectations that were decided before', async () => {
  const failure = { type: 'engine_gone', message: 'the engine is <gone>\n  since a moment' };
  const { report, suite } = await read({ outcomes: [outcome({})], took: 900 }, { name: 'ring', time }, failure);
  expect(report).toMatchObject({ tests: 2, failures: 0, errors: 1 });
  expect(suite).toMatchObject({ tests: 2, failures: 0, errors: 1 });
  expect(suite?.testcase).toEqual([
    MET,
    {
      classname: 'ring',
      name: 'the scenario comes to its end',
      time: 0.9,
      error: [
        {
          type: 'engine_gone',
          message: 'the engine is <gone>',
          inner: 'the engine is <gone>\n  since a moment',
        },
      ],
    },
  ]);
});
