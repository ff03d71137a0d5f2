import { describe, expect, it } from 'vitest';
import { fillTemplate, findParameters } from '../../../src/experiment/plan/template.ts';

describe('a template', () => {
  it.each([
    ['$n', { n: 3 }, 3],
    ['$shape', { shape: { shape: 'ring' } }, { shape: 'ring' }],
    ['a$n', { n: 3 }, 'a3'],
    [`$\{n}ms`, { n: 3 }, '3ms'],
    ['$n $m', { n: 1, m: 2 }, '1 2'],
    [
      { nodes: { count: '$n' }, links: ['a -> b', '$l'] },
      { n: 2, l: 'ring' },
      { nodes: { count: 2 }, links: ['a -> b', 'ring'] },
    ],
    [[1, true, null], {}, [1, true, null]],
    ['$5 and $', {}, '$5 and $'],
  ])('%j with %j is %j', (template, values, expected) => {
    expect(fillTemplate(template, values)).toEqual(expected);
  });

  it('has no value for an unknown parameter', () => {
    expect(() => fillTemplate({ links: [{ degree: '$degre' }] }, { degree: 4 })).toThrow('unknown parameter $degre');
  });

  it('lists its parameters with the paths of their texts', () => {
    expect(findParameters({ a: '$one', b: ['x$two y', { c: '$one $three' }] }, ['topology'])).toEqual([
      { name: 'one', path: ['topology', 'a'] },
      { name: 'two', path: ['topology', 'b', 0] },
      { name: 'one', path: ['topology', 'b', 1, 'c'] },
      { name: 'three', path: ['topology', 'b', 1, 'c'] },
    ]);
    expect(findParameters({ $key: ['$5 and $', 7, null] })).toEqual([]);
  });
});
