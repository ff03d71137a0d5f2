import { expect, it } from 'vitest';
import { formatHealed } from '../../../../src/cli/commands/faults/heal.ts';
import { describeLinks } from '../../../../src/network/describe-links.ts';

it.each([
  [[], [], 'nothing was to heal\n'],
  [['split', 'b'], [], 'healed: split, b\n'],
  [[], ['a <-> b', 'b -> c'], 'as declared again: a <-> b, b -> c\n'],
  [['split'], ['a <-> b'], 'healed: split\nas declared again: a <-> b\n'],
])('healed %j and the links %j', (names, links, expected) => {
  expect(formatHealed({ names, links })).toBe(expected);
});

it('links of both ways are told once', () => {
  const links = [
    { from: 'a', to: 'b' },
    { from: 'c', to: 'a' },
    { from: 'b', to: 'a' },
  ];
  expect(describeLinks(links)).toEqual(['a <-> b', 'c -> a']);
});
