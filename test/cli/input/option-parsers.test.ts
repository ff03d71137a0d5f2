import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { parseCoresOption } from '../../../src/cli/input/option-parsers.ts';

it('reads a number of cores', () => {
  expect(parseCoresOption('0.5')).toBe(0.5);
});

it.each([
  ['500m', 'Expected a number of cores above 0, as in 0.5. Did you mean 0.5?'],
  ['50%', 'Expected a number of cores above 0, as in 0.5. Did you mean 0.5?'],
  ['0', 'Expected a number of cores above 0, as in 0.5.'],
  ['many', 'Expected a number of cores above 0, as in 0.5.'],
])('refuses %s as a number of cores', (text, message) => {
  expect(() => parseCoresOption(text)).toThrow(new InvalidArgumentError(message));
});
