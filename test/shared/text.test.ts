import { expect, it } from 'vitest';
import { describeError } from '../../src/shared/errors.ts';
import { formatList, pluralize, truncate } from '../../src/shared/text.ts';

it('counts nouns in the plural but for one', () => {
  expect([0, 1, 2].map((count) => pluralize(count, 'node'))).toEqual(['0 nodes', '1 node', '2 nodes']);
});

it('lists up to eight items in full, and never says "and 1 more"', () => {
  const items = ['1', '2', '3', '4', '5', '6', '7', '8'];
  expect(formatList(items)).toBe('1, 2, 3, 4, 5, 6, 7, 8');
  expect(formatList([...items, '9'])).toBe('1, 2, 3, 4, 5, 6, 7 and 2 more');
  expect(formatList(['a', 'b', 'c'], { max: 2, separator: '; ' })).toBe('a and 2 more');
});

it('marks text that it cuts', () => {
  expect([truncate('four', 4), truncate('fives', 4)]).toEqual(['four', 'five…']);
});

it('takes the message of whatever was thrown', () => {
  expect([describeError(new Error('why')), describeError('text'), describeError(undefined)]).toEqual([
    'why',
    'text',
    'undefined',
  ]);
});
