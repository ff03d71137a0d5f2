import { expect, it } from 'vitest';
import { canRedraw } from '../../../../src/cli/output/progress/progress-task.ts';

it.each([
  [true, 80, 24, true],
  [true, 20, 1, true],
  [true, 0, 0, false],
  [true, 80, 0, false],
  [true, 0, 24, false],
  [true, 1, 1, false],
  [false, 80, 24, false],
])('terminal %s with %d columns and %d rows: lines can be drawn again: %s', (isTTY, columns, rows, expected) => {
  expect(canRedraw({ isTTY, columns, rows })).toBe(expected);
});

it('takes a pipe, which has neither size nor terminal, for one that cannot be drawn on', () => {
  expect(canRedraw({} as NodeJS.WriteStream)).toBe(false);
});
