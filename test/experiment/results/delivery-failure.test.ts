import { describe, expect, it } from 'vitest';
import { describeFailure, locateFailure } from '../../../src/experiment/results/delivery-failure.ts';
import { message } from '../fixtures.ts';

const link = (text: string) => {
  const [from, to] = text.split('>') as [string, string];
  return { from, to };
};

describe('where a message stopped', () => {
  const lost = { ...message([1, 2]), never: ['n4', 'n5', 'n6'] };

  it.each([
    ['nowhere', { ...lost, never: [] }, 'n1>n2 n2>n3', [], [], ''],
    [
      'at a link, and all behind it',
      lost,
      'n1>n2 n2>n3 n3>n4 n4>n5 n5>n6',
      ['n3>n4'],
      [],
      'it did not go on at n3 -> n4',
    ],
    ['where there is no link', lost, 'n1>n2 n4>n3 n5>n4', [], ['n4', 'n5', 'n6'], 'no link leads to n4, n5, n6'],
    [
      'both',
      lost,
      'n1>n4 n2>n4 n6>n1 n5>n6',
      ['n1>n4', 'n2>n4'],
      ['n5', 'n6'],
      'it did not go on at n1 -> n4, n2 -> n4; no link leads to n5, n6',
    ],
    [
      'at many',
      lost,
      'n1>n4 n2>n4 n1>n5 n2>n6',
      ['n1>n4', 'n2>n4', 'n1>n5', 'n2>n6'],
      [],
      'it did not go on at n1 -> n4, n2 -> n4, 2 other links',
    ],
  ])('%s', (_, sample, links, at, cutOff, words) => {
    const stopped = locateFailure(sample, links.split(' ').map(link));
    expect(stopped).toEqual({ failedLinks: at.map(link), unreachable: cutOff });
    expect(describeFailure(stopped)).toBe(words);
  });
});
