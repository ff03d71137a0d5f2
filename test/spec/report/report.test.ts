import { parse as parseJunit } from 'junit2json';
import { Parser } from 'tap-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatHtml } from '../../../src/spec/report/html.ts';
import { formatJson, parseJsonReport } from '../../../src/spec/report/json.ts';
import { formatJunit } from '../../../src/spec/report/junit.ts';
import { formatTap } from '../../../src/spec/report/tap.ts';
import { createLiveReport, formatSummary, type TextStyler } from '../../../src/spec/report/terminal.ts';
import { runSuite, SECTIONS, type SuiteResult } from '../../../src/spec/runner/run-suite.ts';
import { ReferenceNode } from '../mutants/reference-node.ts';

/** Has one verdict of every kind, and text that every format has to escape. */
let result: SuiteResult;

beforeAll(async () => {
  class OddNode extends ReferenceNode {
    override refuse(): void {}
    override peers() {
      return { message_type: 'peers', payload: '<&"# \\ ]]>\u0001' };
    }
  }
  const node = await new OddNode().start();
  node.handlers.delete('ping');
  result = await runSuite(
    { host: node.host, port: node.port },
    { selectors: ['2.1', '2.4', '2.10', '4.3'], timeout: 1_000 },
  );
  node.stop();
  expect(result.results.map(({ verdict }) => verdict)).toEqual(['SKIPPED', 'OK', 'NON-STRICT', 'FAIL']);
});

describe('JUnit', () => {
  test('is read back by a parser', async () => {
    const read = (await parseJunit(formatJunit(result, SECTIONS))) as {
      tests: number;
      failures: number;
      testsuite: { name: string; tests: number; skipped: number; testcase: Record<string, unknown>[] }[];
    };
    expect(read).toMatchObject({ tests: 4, failures: 1 });
    expect(read.testsuite.map(({ name, tests }) => [name, tests])).toEqual([
      ['2 Envelope', 3],
      ['4 Meaning', 1],
    ]);
    const [skipped, fine, loose] = read.testsuite[0]!.testcase;
    expect(skipped).toMatchObject({
      name: '2.1 no payload',
      skipped: [
        { message: 'needs ping, which this node does not support: case 4.2 shows what was sent and what came back' },
      ],
    });
    expect(fine).not.toHaveProperty('failure');
    expect(loose).not.toHaveProperty('failure');
    const failure = (read.testsuite[1]!.testcase[0] as { failure: { message: string; inner: string }[] }).failure[0];
    expect(failure?.message).toContain('"payload":"<&');
    expect(failure?.inner).toContain('get_peers is answered with peers');
  });

  test('counts NON-STRICT as failed if strict', async () => {
    const read = await parseJunit(formatJunit({ ...result, strict: true }, SECTIONS));
    expect(read).toMatchObject({ failures: 2 });
  });
});

describe('TAP', () => {
  test('is read back by a parser', () => {
    const points: { ok: boolean; name: string; skip: unknown; diag: Record<string, unknown> | null }[] = [];
    const parser = new Parser({ strict: true });
    parser.on('assert', (point) => points.push(point));
    let complete: { ok: boolean; count: number; fail: number; skip: number; failures: unknown[] } | undefined;
    parser.on('complete', (results) => {
      complete = results;
    });
    parser.end(formatTap(result));
    expect(complete).toMatchObject({ ok: false, count: 4, fail: 1, skip: 1 });
    expect(points.map(({ ok, name }) => [ok, name])).toEqual([
      [true, '2.1 no payload'],
      [true, '2.4 keys in any order'],
      [true, '2.10 an unknown type'],
      [false, '4.3 get_peers of a fresh node'],
    ]);
    expect(points[0]?.skip).toContain('needs ping');
    expect(points[3]?.diag).toMatchObject({ verdict: 'FAIL', exchange: expect.any(Array) });
  });
});

describe('JSON', () => {
  test('is read back unchanged', () => {
    expect(parseJsonReport(formatJson(result))).toEqual(result);
    expect(() => parseJsonReport('{"results":[]}')).toThrow('not a report of devnet spec --json');
  });
});

describe('the terminal report', () => {
  function formatReport(paint?: TextStyler): string {
    const pieces: string[] = [];
    const report = createLiveReport(SECTIONS, result.results, (text) => pieces.push(text), paint);
    for (const one of result.results) report(one);
    return pieces.join('') + formatSummary(result, paint);
  }

  test('shows the rule, what was expected, what came, and the transcript', () => {
    const text = formatReport();
    expect(text).toContain('4 Meaning\n  ✘ 4.3   get_peers of a fresh node  FAIL');
    expect(text).toContain('expected peers with an array of "host:port"');
    expect(text).toMatch(/-> \{"message_type":"get_peers"\}\\n\\n/);
    expect(text).toContain('1 OK, 1 NON-STRICT, 1 FAIL, 1 SKIPPED');
    expect(text).toContain('does not conform');
  });

  test('is in the order of case numbers, whatever order cases end in', () => {
    const pieces: string[] = [];
    const show = createLiveReport(SECTIONS, result.results, (text) => pieces.push(text));
    for (const one of result.results.toReversed().slice(0, 3)) show(one);
    expect(pieces).toEqual([]);
    show(result.results[0]!);
    expect(formatReport().startsWith(pieces.join(''))).toBe(true);
  });

  test('colours with the given function', () => {
    const text = formatReport((style, part) => `<${style}>${part}</${style}>`);
    expect(text).toContain('<red>FAIL</red>');
  });
});

describe('HTML', () => {
  test('has a column for each node, escapes text, and loads nothing', () => {
    const page = formatHtml(
      [
        { name: 'one & only', result },
        { name: 'two', result: { ...result, results: result.results.slice(1) } },
      ],
      SECTIONS,
    );
    expect(page.match(/<th scope="col"><span class="name">/g)).toHaveLength(2);
    expect(page).toContain('one &amp; only');
    expect(page).toContain('&lt;&amp;');
    expect(page).toContain('not run');
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/);
  });
});
