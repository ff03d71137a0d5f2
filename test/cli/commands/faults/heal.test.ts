import { expect, it } from 'vitest';
import { formatHealed } from '../../../../src/cli/commands/faults/heal.ts';
import { describeLinks } from '../../../../src/network/links/describe-links.ts';

it.each([
  [[], [], 'nothing to heal'],
  [['split', 'b'], [], 'healed: split, b'],
  [[], ['a <-> b', 'b -> c'], 'reset to declared: a <-> b, b -> c'],
  [['split'], ['a <-> b'], 'healed: split\nreset to declared: a <-> b'],
])('formats healed faults %j and links %j', (names, links, expected) => {
  expect(formatHealed({ names, links })).toBe(expected);
});

it('lists a link in both directions once', () => {
  const links = [
    { from: 'a', to: 'b' },
    { from: 'c', to: 'a' },
    { from: 'b', to: 'a' },
  ];
  expect(describeLinks(links)).toEqual(['a <-> b', 'c -> a']);
});
