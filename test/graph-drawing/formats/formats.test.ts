import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type GraphView,
  renderDot,
  renderMermaid,
  renderPng,
  renderSvg,
  toGraphJson,
} from '../../../src/graph-drawing/index.ts';
import * as shapeGenerators from '../../../src/topology/shapes/generators.ts';
import { drifted, elementsOf, parseXml, viewOf } from '../fixtures.ts';

const small: GraphView = {
  name: 'small',
  nodes: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
  links: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
    { from: 'b', to: 'c' },
  ],
};

const nasty: GraphView = {
  name: '<"&\u0000\u001b]]>--\'',
  nodes: [{ name: '</svg><script>' }, { name: '"]; x -> y' }, { name: '\\' }, { name: '漢字 \u{1f984} \ud800' }],
  links: [
    { from: '</svg><script>', to: '"]; x -> y' },
    { from: '\\', to: '&amp;\n"))', state: 'extra' },
  ],
};

describe('SVG', () => {
  test('has a title, a circle for each node, the names, and a description for those who do not see it', async () => {
    const { svg: root } = await parseXml(renderSvg(small));
    expect(root.title).toEqual(['small']);
    expect(root.desc).toEqual(['3 nodes, 3 links']);
    expect(elementsOf('circle', root)).toHaveLength(3);
    expect(elementsOf('text', root).map((text) => text._)).toEqual(['small', 'a', 'b', 'c', 'both dial', 'one dials']);
    expect(elementsOf('tspan', root).map((text) => text._)).toEqual(['3 nodes, 3 links']);
  });

  test('has an arrow head for each one-way edge, and for no other', async () => {
    const heads = async (view: GraphView) => {
      const paths = elementsOf('path', (await parseXml(renderSvg(view))).svg);
      return paths.filter(({ $ }) => $!.class === 'head').map(({ $ }) => $!.d!.split('Z').length - 1);
    };
    expect(await heads(viewOf(6, shapeGenerators.ring(6)))).toEqual([]);
    expect(await heads(viewOf(6, shapeGenerators.ring(6), true))).toEqual([6]);
  });

  test('shows drift in a colour, and never by the colour alone', async () => {
    const { svg: root } = await parseXml(renderSvg(drifted));
    const titles = elementsOf('title', root).map((title) => title._);
    expect(titles).toEqual(
      expect.arrayContaining([
        'b -> c: missing',
        'c <-> d: broken',
        'b -> a: listed',
        'd -> e: cut by split-1',
        'e -> f: dead',
        'f -> a: unknown',
        'a -> d: extra',
        'b -> 10.64.0.99:3000: extra',
        'f: down',
        '10.64.0.99:3000: not a node of this network',
      ]),
    );
    const classes = (kind: string) => elementsOf(kind, root).map(({ $ }) => $!.class);
    expect(classes('path')).toEqual(
      expect.arrayContaining([
        'drift missing',
        'drift broken',
        'drift extra',
        'drift unknown',
        'drift cut',
        'drift dead',
        'drift listed',
        'head missing',
        'mark',
      ]),
    );
    expect(classes('circle')).toEqual(expect.arrayContaining(['node', 'down', 'foreign', 'sign']));
    const texts = elementsOf('text', root).map((text) => text._);
    expect(texts).toEqual(
      expect.arrayContaining([
        '1 cut by split-1',
        '1 dead',
        '1 missing',
        '2 broken',
        '2 extra',
        '1 unknown',
        '1 listed',
        '1 down',
        '1 not of this network',
      ]),
    );
    const style = String(root.style);
    expect(style).toMatch(/\.missing\{stroke:#d64545;stroke-dasharray/);
    expect(style).toMatch(/\.extra\{stroke:#d9822b/);
  });

  test('says that there is no drift only if the view has states', async () => {
    const asFound = { ...small, links: small.links.map((link) => ({ ...link, state: 'up' as const })) };
    expect(renderSvg(asFound)).toContain('3 nodes, 3 links, no drift');
    expect(renderSvg(small)).not.toContain('drift<');
    expect(renderSvg(drifted)).not.toContain('no drift');
  });

  test('is transparent and follows the colour scheme, or is on white as in print', () => {
    expect(renderSvg(small)).toContain('prefers-color-scheme:dark');
    expect(renderSvg(small)).not.toContain('<rect');
    expect(renderSvg(small, { background: 'white' })).not.toContain('prefers-color-scheme');
    expect(renderSvg(small, { background: 'white' })).toContain('fill="#fff"/>');
  });

  test('escapes names', async () => {
    const { svg: root } = await parseXml(renderSvg(nasty));
    expect(elementsOf('script', root)).toEqual([]);
    const texts = elementsOf('text', root).map((text) => text._);
    expect(texts).toContain('</svg><script>');
    expect(texts).toContain('"]; x -> y');
  });

  test('is well-formed for any names', async () => {
    const names = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 30 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(names, async (all) => {
        const nodes = all.map((name) => ({ name }));
        const links = all.slice(1).map((name) => ({ from: all[0]!, to: name, state: 'broken' as const }));
        await parseXml(renderSvg({ name: all[0]!, nodes, links }));
      }),
      { numRuns: 30, seed: 7 },
    );
  });
});

describe('PNG', () => {
  const size = (image: Buffer) => [image.readUInt32BE(16), image.readUInt32BE(20)];

  test('has two dots to the pixel, and the names', async () => {
    const svg = renderSvg(small, { background: 'white' });
    const image = await renderPng(svg);
    expect(image.subarray(1, 4).toString()).toBe('PNG');
    expect(size(image)).toEqual(
      [...svg.matchAll(/(?:width|height)="(\d+)"/g)].slice(0, 2).map(([, n]) => Number(n) * 2),
    );
    const nameless = await renderPng(svg.replace(/<text class="name".*?<\/text>/g, ''));
    expect(nameless.length).toBeLessThan(image.length);
  });

  test('is limited to a size that programs can open', async () => {
    const image = await renderPng(
      '<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="400" viewBox="0 0 20000 400"/>',
    );
    expect(size(image)).toEqual([6000, 120]);
  });
});

test('Mermaid', () => {
  expect(renderMermaid(small)).toBe(
    [
      '---',
      'title: "small"',
      '---',
      'flowchart LR',
      '  n0(("a"))',
      '  n1(("b"))',
      '  n2(("c"))',
      '  n0 --- n1',
      '  n1 --> n2',
      '',
    ].join('\n'),
  );
  expect(renderMermaid(drifted)).toBe(`---
title: "drifted"
---
flowchart TD
  n0(("a"))
  n1(("b"))
  n2(("c"))
  n3(("d"))
  n4(("e"))
  n5(("f"))
  n6(("10.64.0.99:3000"))
  n0 --> n1
  n1 -->|listed| n0
  n1 -.->|missing| n2
  n2 --> n1
  n2 x--x|broken| n3
  n3 -.->|cut by split-1| n4
  n4 -.->|dead| n5
  n5 -.->|unknown| n0
  n0 ==>|extra| n3
  n1 ==>|extra| n6
  classDef down stroke:#d64545,stroke-width:3px
  classDef foreign stroke:#d9822b,stroke-dasharray:3 3
  class n5 down
  class n6 foreign
  linkStyle 5 stroke:#8e44ad
  linkStyle 6 stroke:#808b98
  linkStyle 2 stroke:#d64545
  linkStyle 4 stroke:#d64545
  linkStyle 8,9 stroke:#d9822b
  linkStyle 7 stroke:#808b98
  linkStyle 1 stroke:#b0a060
`);
  expect(renderMermaid(nasty)).toContain('n0(("#60;#47;svg#62;#60;script#62;"))');
  expect(renderMermaid(nasty)).toContain('n1(("#34;#93;#59; x -#62; y"))');
});

test('DOT', () => {
  const text = renderDot(small);
  expect(text).toMatch(/^digraph "small" \{\n/);
  expect(text).toMatch(/\n {2}"a" \[pos="[\d.]+,[\d.]+!", width=[\d.]+\]\n/);
  expect(text).toContain('\n  "a" -> "b" [dir=none]\n  "b" -> "c"\n}\n');
  expect(renderDot(drifted)).toContain('"b" -> "c" [color="#d64545", style=dashed, label=missing]');
  expect(renderDot(drifted)).toContain('"c" -> "d" [dir=none, color="#d64545", label=broken]');
  expect(renderDot(drifted)).toMatch(/"f" \[.*xlabel=down\]/);
  expect(renderDot(nasty)).toContain('"\\"]; x -> y" [');
  expect(renderDot(nasty)).toContain('"\\\\" [');
});

test('JSON', () => {
  const json = toGraphJson(drifted);
  expect(json).toMatchObject({
    name: 'drifted',
    figures: { nodes: 6, links: 9 },
    parts: [{ shape: 'ring', nodes: ['a', 'b', 'c', 'd', 'e', 'f'] }],
  });
  expect(json.links).toEqual(drifted.links);
  expect(json.nodes).toHaveLength(7);
  expect(json.nodes[6]).toMatchObject({ name: '10.64.0.99:3000', state: 'foreign' });
  for (const { x, y } of json.nodes) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(json.width);
    expect(y).toBeLessThan(json.height);
  }
});
