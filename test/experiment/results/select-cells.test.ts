import { describe, expect, it } from 'vitest';
import { parseCellSelector, selectPairs } from '../../../src/experiment/results/select-cells.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';

const axes = [
  { name: 'shape', labels: ['ring', 'small world', 'small'] },
  { name: 'copies', labels: [3, 8] },
];
const cells = axes[0]!.labels.flatMap((shape) =>
  axes[1]!.labels.map(
    (copies) => ({ cell: `${shape} ${copies}`, parameters: { shape, copies } }) as unknown as CellSummary,
  ),
);

describe('a selector of cells', () => {
  it.each([
    ['shape=ring copies=3', { shape: 'ring', copies: 3 }],
    ['copies=8, shape=small world', { shape: 'small world', copies: 8 }],
    ['shape small world, copies 8', { shape: 'small world', copies: 8 }],
    ['small world', { shape: 'small world' }],
    ['small 3', { shape: 'small', copies: 3 }],
  ])('%s', (text, expected) => {
    expect(parseCellSelector(text, axes)).toEqual(expected);
  });

  it('names what it does not know, and what there is', () => {
    expect(() => parseCellSelector('shape=ring copies=4', axes)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'unknown cell "shape=ring copies=4": no parameter has the value "copies=4"',
        hint: 'parameters: shape=ring|small world|small; copies=3|8',
      }),
    );
  });
});

describe('the pairs of cells to compare', () => {
  const pairs = (...selectors: string[]) =>
    selectPairs(cells, axes, selectors).map(([a, b]) => `${a.cell} / ${b.cell}`);

  it('are equal in what the selectors do not give', () => {
    expect(pairs('ring', 'small world')).toEqual(['ring 3 / small world 3', 'ring 8 / small world 8']);
    expect(pairs('ring 3', 'small 8')).toEqual(['ring 3 / small 8']);
    expect(pairs('ring', 'small world', 'small')).toHaveLength(6);
  });

  it('are one cell and all others with one selector, and those that differ in one parameter without', () => {
    expect(pairs('ring 3')).toHaveLength(5);
    // Three pairs of shapes with either number of copies, and one pair of numbers with each shape.
    expect(pairs()).toHaveLength(3 * 2 + 3);
    expect(pairs()).not.toContain('ring 3 / small 8');
  });

  it('need cells with runs', () => {
    expect(() => selectPairs(cells.slice(1), axes, ['ring 3', 'ring 8'])).toThrow(
      /no cell "ring 3" has a complete run/,
    );
  });
});
