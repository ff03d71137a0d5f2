import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addToJobSummary, formatJobSummarySection } from '../../src/diagnostics/job-summary.ts';
import { parseTopology } from '../../src/topology/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-summary-'));
afterAll(() => rmSync(folder, { recursive: true }));
const picture = (yaml: string) => parseTopology(yaml, { file: 'net.yaml', name: 'net' });

describe('a section', () => {
  it('has a heading, a Mermaid diagram, text and a block of lines', () => {
    const section = {
      heading: 'scenario net',
      graph: picture('nodes: [a, b]\nlinks: [a -> b]'),
      parts: ['1 missed', { lines: ['one', 'two'] }],
    };
    expect(formatJobSummarySection(section)).toBe(`### scenario net

\`\`\`mermaid
---
title: "net"
---
flowchart LR
  n0(("a"))
  n1(("b"))
  n0 --> n1
\`\`\`

1 missed

\`\`\`text
one
two
\`\`\`

`);
  });

  it.each([
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert\\(1\\)&gt;'],
    ['[here](http://elsewhere) @somebody #12', '\\[here\\]\\(http\\://elsewhere\\) \\@somebody \\#12'],
    ['a\n# b\r\n- c', 'a \\# b \\- c'],
    ['1. `x` **y** &amp;', '1\\. \\`x\\` \\*\\*y\\*\\* &amp;amp;'],
    ['\u001b[31mred\u001b[0m\u0007', 'red'],
  ])('escapes text: %j', (text, shown) => {
    expect(formatJobSummarySection({ heading: text, parts: [text] })).toBe(`### ${shown}\n\n${shown}\n\n`);
  });

  it('keeps all lines inside their block', () => {
    const text = formatJobSummarySection({
      heading: 'x',
      parts: [{ lines: ['```', '````js', '\u001b[1m</details>\u0000'] }],
    });
    expect(text).toBe('### x\n\n`````text\n```\n````js\n</details>\ufffd\n`````\n\n');
  });

  it('leaves out the middle of many lines', () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i} ${'x'.repeat(2_000)}`);
    const text = formatJobSummarySection({ heading: 'x', parts: [{ lines }] });
    expect(text).toMatch(/line 29 x+\n… 940 more …\nline 970 x/);
    expect(text.length).toBeLessThan(40_000);
  });

  it('does not draw graphs that are too large for GitHub', () => {
    const text = formatJobSummarySection({
      heading: 'x',
      graph: picture('nodes: { count: 60 }\nlinks: mesh'),
      parts: [],
    });
    expect(text).toBe('### x\n\n60 nodes, 3540 links\\: too many to draw here\n\n');
  });
});

describe('the summary of a job', () => {
  const section = { heading: 'x', parts: [] };

  it('is written only in a step of a job', () => {
    expect(addToJobSummary(section, '')).toBe(false);
    expect(addToJobSummary(section, join(folder, 'no', 'such', 'folder'))).toBe(false);
  });

  it('gets sections appended', () => {
    const file = join(folder, 'added.md');
    writeFileSync(file, 'before\n\n');
    expect(addToJobSummary(section, file)).toBe(true);
    expect(addToJobSummary({ ...section, heading: 'y' }, file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('before\n\n### x\n\n### y\n\n');
  });

  it("stays below GitHub's limit, and notes once that it is full", () => {
    const file = join(folder, 'full.md');
    writeFileSync(file, 'é'.repeat(512 * 1024 - 100));
    expect(addToJobSummary(section, file)).toBe(true);
    const long = { heading: 'x'.repeat(300), parts: [] };
    expect(addToJobSummary(long, file)).toBe(false);
    expect(addToJobSummary(section, file)).toBe(false);
    expect(statSync(file).size).toBeLessThanOrEqual(1024 * 1024);
    expect(readFileSync(file, 'utf8').match(/The summary is full/g)).toHaveLength(1);
  });
});
