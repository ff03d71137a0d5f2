import { describe, expect, it } from 'vitest';
import { fillTemplate, findParameters, UnknownParameterError } from '../../../src/experiment/plan/template.ts';

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

  it('names a parameter that is not there, and its place', () => {
    try {
      fillTemplate({ links: [{ degree: '$degre' }] }, { degree: 4 }, ['topology']);
      expect.unreachable('it was filled');
    } catch (error) {
      expect(error).toBeInstanceOf(UnknownParameterError);
      expect(error).toMatchObject({ parameter: 'degre', path: ['topology', 'links', 0, 'degree'] });
    }
  });

  it('knows the parameters that it asks for', () => {
    expect(findParameters({ a: '$one', b: ['x$two y', { c: '$one $three' }] })).toEqual(
      new Set(['one', 'two', 'three']),
    );
  });
});
