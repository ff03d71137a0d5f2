import { expect, test } from 'vitest';
import { formatImageToHost, formatVerifiedLinks } from '../../../../src/cli/output/progress/up-progress.ts';

test('counts links that are only listed apart from those that are known to be connected', () => {
  expect(formatVerifiedLinks(84, 84, 0)).toBe('84 of 84 verified');
  expect(formatVerifiedLinks(84, 80, 4)).toBe('80 of 84 verified, 4 listed only');
});

test('says how an image gets to a host, and why it is not pulled there', () => {
  const step = { image: 'localhost:5000/app:1', host: 'beta', sent: false };
  expect(formatImageToHost(step)).toBe('sending localhost:5000/app:1 to beta');
  expect(formatImageToHost({ ...step, registry: 'localhost:5000' })).toBe(
    'pulling localhost:5000/app:1 on beta by its digest, from localhost:5000',
  );
  expect(formatImageToHost({ ...step, refusal: 'no route to host' })).toBe(
    'sending localhost:5000/app:1 to beta, which could not pull it: no route to host',
  );
  expect(formatImageToHost({ ...step, sent: true })).toBe('localhost:5000/app:1 is on beta now');
});
