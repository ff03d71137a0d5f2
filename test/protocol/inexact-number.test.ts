import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findInexactNumber } from '../../src/protocol/inexact-number.ts';

test.each([
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['{"a":[0,12345678901234567890123]}', '12345678901234567890123'],
  ['272793838760135872', '272793838760135872'],
  ['1e999', '1e999'],
  ['[-1E+400]', '-1E+400'],
  ['1e-999', '1e-999'],
  ['0.5e-400', '0.5e-400'],
  [`[${'9'.repeat(400)}]`, '9'.repeat(400)],
  ['{"s":"\\"1e999","n":1e999}', '1e999'],
])('finds the number that JSON.parse changes in %s', (text, number) => {
  expect(findInexactNumber(text)).toBe(number);
});

test.each([
  '0',
  '-0',
  '0e999',
  '0.0e-999',
  '9007199254740991',
  '9007199254740992',
  '9007199254740994',
  '272793838760135870',
  '-1000000000000000000000000',
  '1e21',
  '1.5e300',
  '0.1000000000000000055511151231257827',
  '3.14159265358979323846',
  '"9007199254740993"',
  '{"1e999":"\\\\"}',
  '["\\"1e999"]',
])('finds none in %s', (text) => {
  expect(findInexactNumber(text)).toBeUndefined();
});

test('finds none in what JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => findInexactNumber(JSON.stringify(value)) === undefined));
});
