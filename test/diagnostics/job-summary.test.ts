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
  it('is a heading, the picture as Mermaid, text, and lines as they are', () => {
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
  ])('shows text as it was written: %j', (text, shown) => {
    expect(formatJobSummarySection({ heading: text, parts: [text] })).toBe(`### ${shown}\n\n${shown}\n\n`);
  });

  it('keeps lines in their block, whatever is in them', () => {
    const text = formatJobSummarySection({
      heading: 'x',
      parts: [{ lines: ['```', '````js', '\u001b[1m</details>\u0000'] }],
    });
    expect(text).toBe('### x\n\n`````text\n```\n````js\n</details>\ufffd\n`````\n\n');
  });

  it('is short where much was written: the beginning and the end', () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i} ${'x'.repeat(2_000)}`);
    const text = formatJobSummarySection({ heading: 'x', parts: [{ lines }] });
    expect(text).toMatch(/line 29 x+\n… 940 more …\nline 970 x/);
    expect(text.length).toBeLessThan(40_000);
  });

  it('does not draw what GitHub would not', () => {
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

  it('is there only where a step of a job runs', () => {
    expect(addToJobSummary(section, '')).toBe(false);
    expect(addToJobSummary(section, join(folder, 'no', 'such', 'folder'))).toBe(false);
  });

  it('is added to', () => {
    const file = join(folder, 'added.md');
    writeFileSync(file, 'before\n\n');
    expect(addToJobSummary(section, file)).toBe(true);
    expect(addToJobSummary({ ...section, heading: 'y' }, file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('before\n\n### x\n\n### y\n\n');
  });

  it('never grows beyond what GitHub takes, and says once that there is more', () => {
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
