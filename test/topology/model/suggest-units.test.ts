import { expect, test } from 'vitest';
import { suggestCores, suggestMemoryLimits, suggestPercentages } from '../../../src/topology/model/suggest-units.ts';

test.each<[value: unknown, suggestion: string | undefined]>([
  ['128Mi', '128m'],
  ['1Gi', '1g'],
  ['0.5Gi', '0.5g'],
  ['1,5g', '1.5g'],
  ['.5g', '0.5g'],
  ['8192Ki', '8192k'],
  ['1Ki', undefined],
  ['128 megabytes', '128m'],
  ['128 mebi', '128m'],
  ['2 gigs', '2g'],
  ['64 Megabyte', '64m'],
  ['1T', '1024g'],
  ['1Ti', '1024g'],
  [64, '64m'],
  ['64', '64m'],
  [4, undefined],
  ['lots', undefined],
  ['128MB/s', undefined],
  ['-64m', undefined],
  [null, undefined],
])('memory %j: did you mean %s?', (value, suggestion) => {
  expect(suggestMemoryLimits(value)).toEqual(suggestion === undefined ? [] : [suggestion]);
});

test.each<[value: unknown, suggestion: string | undefined]>([
  ['500m', '0.5'],
  ['50%', '0.5'],
  ['2 cores', '2'],
  ['1 cpu', '1'],
  ['two', undefined],
  [0, undefined],
])('cores %j: did you mean %s?', (value, suggestion) => {
  expect(suggestCores(value)).toEqual(suggestion === undefined ? [] : [suggestion]);
});

test.each<[value: unknown, suggestions: string[]]>([
  ['1pct', ['1%']],
  ['0.5 percent', ['0.5%']],
  ['5 Per Cent', ['5%']],
  [0.5, ['50%', '0.5%']],
  ['some', []],
])('percentage %j: did you mean %j?', (value, suggestions) => {
  expect(suggestPercentages(value)).toEqual(suggestions);
});
