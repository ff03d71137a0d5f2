import { expect, test } from 'vitest';
import { formatVerifiedLinks } from '../../../../src/cli/output/progress/up-progress.ts';

test('counts links that are only listed apart from those that are known to be connected', () => {
  expect(formatVerifiedLinks(84, 84, 0)).toBe('84 of 84 verified');
  expect(formatVerifiedLinks(84, 80, 4)).toBe('80 of 84 verified, 4 listed only');
});
