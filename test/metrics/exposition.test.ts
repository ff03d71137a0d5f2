import { describe, expect, it } from 'vitest';
import { mergeNodeTexts } from '../../src/metrics/exposition.ts';

const merge = (...texts: string[]) => mergeNodeTexts(new Map(texts.map((text, index) => [`n${index + 1}`, text])));

describe('metrics of nodes, merged', () => {
  it.each<[string, string[], string]>([
    [
      'one description for all nodes, and their samples together',
      [
        '# HELP a_total help\n# TYPE a_total counter\na_total 1\nb 2\n',
        '# HELP a_total other\n# TYPE a_total counter\na_total 3\n',
      ],
      '# HELP a_total help\n# TYPE a_total counter\na_total{node="n1"} 1\na_total{node="n2"} 3\nb{node="n1"} 2\n',
    ],
    [
      'the samples of a histogram under its description',
      ['# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3.5\nh_count 2\n'],
      '# TYPE h histogram\nh_bucket{node="n1",le="1"} 1\nh_bucket{node="n1",le="+Inf"} 2\nh_sum{node="n1"} 3.5\nh_count{node="n1"} 2\n',
    ],
    [
      'a label of the name',
      ['a{node="x",b="node=\\"y\\"",} 1 1700000000000\n'],
      'a{node="n1",exported_node="x",b="node=\\"y\\""} 1 1700000000000\n',
    ],
    ['braces in a value', ['a{b="}{"} NaN\n'], 'a{node="n1",b="}{"} NaN\n'],
    ['no metrics of devnet, and nothing that is no metric', ['devnet_nodes 5\n<html>\n\n# a comment\n'], ''],
    ['carriage returns', ['a 1\r\n'], 'a{node="n1"} 1\n'],
  ])('have %s', (_, texts, merged) => {
    expect(merge(...texts)).toBe(merged);
  });
});
