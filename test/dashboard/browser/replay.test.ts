import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReplayPage } from '../../../src/dashboard/server/replay/replay-page.ts';
import type { RecordedLogEntry, RecordingEvent } from '../../../src/recording/recording-event.ts';
import { toEventLines } from '../../../src/recording/recording-lines.ts';
import { sampleRun, timeOf } from '../sample-run.ts';
import { browserPath, launchBrowser, openPage } from './open-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-page-'));
let browser: Browser;

async function write(name: string, events: RecordingEvent[]): Promise<string> {
  const file = join(folder, `${name}.html`);
  const { html } = await renderReplayPage(
    (async function* () {
      yield events.flatMap(toEventLines);
    })(),
  );
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

const HOSTILE = '</script><script>document.title="taken over"</script><img src=x onerror=alert(1)>';
const hostileEntries: RecordedLogEntry[] = [
  { time: timeOf(400), node: 'n1', level: 'info', event: 'output', text: HOSTILE },
  { time: timeOf(401), node: HOSTILE, level: 'error', event: HOSTILE, [HOSTILE]: HOSTILE },
  { time: timeOf(402), node: 'n1', level: 'warn', event: 'output', text: '\x1b[31mred\x1b[0m \u202egnp.exe' },
  { time: timeOf(403), node: 'n1', level: 'info', event: 'output', text: 'x'.repeat(1_048_576) },
  { time: timeOf(404), node: 'n1', level: 'info', event: 'gossip_received', id: HOSTILE, from: HOSTILE, hops: 0 },
];

describe.skipIf(browserPath === undefined)('a replay in a browser', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it('opens from disk at the first failure, and shows any moment that the timeline is dragged to', async () => {
    const file = { name: 'ring', nodes: { count: 8 }, links: 'ring' };
    const { page, problems, requests } = await openPage(browser, await write('ring', sampleRun({ file })));
    const clock = page.getByRole('status', { name: 'Moment that is shown' });
    const head = page.getByRole('banner');
    await page.getByText('45.0 s from the start').waitFor();
    await page.getByText('seen: received by 4 nodes').waitFor();
    expect(await clock.textContent()).toMatch(/:45\.000$/);

    const timeline = page.getByRole('slider', { name: 'Moment that is shown' });
    const { x, y, width } = (await timeline.boundingBox())!;
    await page.mouse.move(x + width * 0.5, y + 60);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.35, y + 60, { steps: 4 });
    await page.mouse.up();
    await head.getByText('cut', { exact: false }).waitFor();
    await page.getByText('cut the first half / the others').waitFor();
    await timeline.press('Home');
    await page.getByText('0 ms from the start').waitFor();
    expect(await head.textContent()).not.toContain('fault');
    await page.getByRole('button', { name: 'First failure' }).click();
    await page.getByText('45.0 s from the start').waitFor();
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
  });

  it('follows the selection: a node by the keyboard, its log, and back', async () => {
    const file = { name: 'ring', nodes: { count: 8 }, links: 'ring' };
    const { page, problems } = await openPage(browser, await write('keys', sampleRun({ file })));
    await page.getByText('45.0 s from the start').waitFor();
    await page.getByRole('application').press('ArrowRight');
    await page.getByRole('region', { name: 'Node n1' }).waitFor();
    await page.getByRole('heading', { name: 'Log of n1' }).waitFor();
    const writers = await page.locator('.line .who').allTextContents();
    expect(new Set(writers)).toEqual(new Set(['n1']));
    await page.getByRole('searchbox', { name: 'Show only lines with this text' }).fill('news-2');
    await page.getByText('news-2').first().waitFor();
    await page.getByRole('application').press('Escape');
    await page.getByRole('region', { name: 'Network' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('n7');
    await page.locator('.search .count', { hasText: /^1$/ }).waitFor();
    expect(problems).toEqual([]);
  });

  it('plays the way of a message hop by hop', async () => {
    const file = { name: 'ring', nodes: { count: 8 }, links: 'ring' };
    const { page, problems } = await openPage(browser, await write('gossip', sampleRun({ file })));
    await page.getByRole('button', { name: 'Play the way of news-7' }).click();
    await page.getByRole('button', { name: 'Stop playing' }).waitFor();
    // It stops by itself, when all have it who can.
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.getByRole('row', { name: /news-7.*4\/8/ }).waitFor();
    expect(await page.getByRole('button', { name: 'news-7', exact: true }).getAttribute('aria-pressed')).toBe('true');
    expect(problems).toEqual([]);
  });

  it('shows what a node writes as text, whatever it is', async () => {
    const file = { name: 'hostile', nodes: { count: 3 }, links: 'ring' };
    const url = await write('hostile', sampleRun({ file, entries: hostileEntries }));
    const { page, problems, requests } = await openPage(browser, url);
    await page.getByRole('slider', { name: 'Moment that is shown' }).press('Home');
    for (let step = 0; step < 2; step++) await page.keyboard.press('ArrowRight');
    const lines = page.getByRole('log');
    await lines.getByText(HOSTILE).first().waitFor();
    await lines.getByText('\\x1b[31mred\\x1b[0m \\u202egnp.exe').waitFor();
    await lines.getByText('(1,048,576 characters)').waitFor();
    await lines.getByText(HOSTILE).first().click();
    await page.locator('.entry pre').getByText(HOSTILE).waitFor();
    expect(await page.title()).toBe('hostile – devnet');
    expect(await page.locator('img').count()).toBe(0);
    expect(problems).toEqual([]);
    expect(requests.filter((one) => !one.startsWith('file:') && !one.startsWith('data:'))).toEqual([]);
  });

  it('draws 1,000 nodes and 4,000 links while they are moved', async () => {
    const file = { name: 'large', nodes: { count: 1_000 }, links: { shape: 'regular', degree: 4, seed: 1 } };
    const { page, problems } = await openPage(browser, await write('large', sampleRun({ file, messages: 4 })), 'dark');
    await page.getByRole('banner').getByText('1000/1000').waitFor();
    const box = (await page.getByRole('application').boundingBox())!;
    await page.mouse.move(box.x + 300, box.y + 200);
    await page.mouse.wheel(0, -400);
    await page.mouse.down();
    await page.mouse.move(box.x + 380, box.y + 260, { steps: 8 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Show all of the graph' }).click();
    expect(problems).toEqual([]);
  });
});
