/**
 * The page: how long a replay of an hour takes to open and to seek in, how large it is, and what the server of a live page takes.
 *
 *   npm run bench:page -- [nodes] [minutes] [seconds between messages] [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { renderPage } from '../src/dashboard/server/page-html.ts';
import { renderReplayPage } from '../src/dashboard/server/replay/replay-page.ts';
import { RecordingReader } from '../src/recording/recording-reader.ts';
import { launchBrowser } from '../test/dashboard/browser/open-page.ts';
import { generateRecording } from './support/generated-recording.ts';

const [nodes = 1_000, minutes = 60, gossipIntervalS = 5, rounds = 3] = process.argv.slice(2).map(Number);
const SEEKS = 30;
const IDLE_MS = 30_000;
const UP_TIMEOUT_MS = 600_000;
const cli = resolve('dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'devnet-bench-page-'));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const ms = (value: number) => `${Math.round(value)} ms`;

async function benchReplay(browser: Browser): Promise<void> {
  const path = mkdtempSync(join(folder, 'hour-'));
  await generateRecording(path, { nodes, minutes, gossipIntervalS });
  const reader = await RecordingReader.open(path);
  const began = performance.now();
  const { html } = await renderReplayPage(reader.lines());
  const madeMs = performance.now() - began;
  const file = join(folder, 'hour.html');
  writeFileSync(file, html);
  const empty = renderPage({ mode: 'replay', network: 'none', capabilities: [], commandPrefix: 'devnet' });
  const entries = nodes * Math.floor((minutes * 60) / gossipIntervalS);
  const mib = (text: string) => `${(text.length / 2 ** 20).toFixed(2)} MiB`;
  console.log(
    `${nodes} nodes, ${minutes} minutes, ${entries} log entries: a page of ${mib(html)}, ${mib(empty.html)} without data, made in ${ms(madeMs)}`,
  );
  const shown: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
    await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
    shown.push(await timeOf(page, `document.querySelector('header')?.textContent.includes('/${nodes}')`));
    read.push(await timeOf(page, `!document.querySelector('.log').textContent.includes('% read')`));
    if (round === rounds - 1) await benchSeeks(page);
    await page.close();
  }
  console.log(`opened: graph after ${ms(median(shown))}, whole log after ${ms(median(read))}, median of ${rounds}`);
}

/** Returns the time from the start of a page to the first frame after a condition is true, milliseconds. */
async function timeOf(page: Page, condition: string): Promise<number> {
  const script = `new Promise((resolve) => {
    const look = () => (${condition}) ? requestAnimationFrame(() => resolve(performance.now())) : setTimeout(look, 5);
    look();
  })`;
  return (await page.evaluate(script)) as number;
}

/** Drags the timeline to random moments, and waits for the frame that shows each. */
async function benchSeeks(page: Page): Promise<void> {
  const times = (await page.evaluate(`(async () => {
    const chart = document.querySelector('.chart');
    const box = chart.getBoundingClientRect();
    const send = (type, x) => chart.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: box.y + 40, button: 0, pointerId: 1, bubbles: true }));
    chart.setPointerCapture = () => {};
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const times = [];
    send('pointerdown', box.x + box.width / 2);
    for (let i = 0; i < ${SEEKS}; i++) {
      await frame();
      const began = performance.now();
      send('pointermove', box.x + box.width * (0.1 + 0.8 * ((i * 37) % ${SEEKS}) / ${SEEKS}));
      await frame();
      await frame();
      times.push(performance.now() - began);
    }
    send('pointerup', box.x);
    return times;
  })()`)) as number[];
  console.log(`seek: median ${ms(median(times))}, longest ${ms(Math.max(...times))} of ${SEEKS}, two frames each`);
}

/** The server of `devnet ui` beside a network that another process runs. */
async function benchServer(browser: Browser): Promise<void> {
  writeFileSync(
    join(folder, 'large.yaml'),
    `nodes: { count: ${nodes} }\nlinks: { shape: regular, degree: 4, seed: 1 }\n`,
  );
  const up = start(['up', 'large.yaml', '--engine', 'process', '--name', 'bench-page', '--no-record']);
  await until(() => up.text().includes('is up'), 'the network');
  const ui = start(['ui', 'bench-page']);
  const address = await until(() => /http:\S+/.exec(ui.text())?.[0], 'the page');
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  await page.goto(address);
  console.log(
    `live page: graph after ${ms(await timeOf(page, `document.querySelector('header')?.textContent.includes('${nodes}/${nodes}')`))}`,
  );
  await sleep(IDLE_MS / 2);
  const before = cpuSecondsOf(ui.pid);
  await sleep(IDLE_MS);
  const share = (cpuSecondsOf(ui.pid) - before) / (IDLE_MS / 1_000);
  const memory = (key: string) =>
    Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${ui.pid}/status`, 'utf8'))?.[1]) / 1_024;
  console.log(
    `server of the live page: ${memory('VmRSS').toFixed(0)} MiB resident, ${memory('VmHWM').toFixed(0)} MiB at most, ${(share * 100).toFixed(2)} % of a core while nothing happens`,
  );
  await page.close();
  for (const command of [ui, up]) await command.stop();
}

function start(args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-100_000);
    });
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    pid: child.pid as number,
    text: () => text,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

async function until<T>(probe: () => T, what: string): Promise<NonNullable<T>> {
  for (const limit = performance.now() + UP_TIMEOUT_MS; performance.now() < limit; await sleep(20)) {
    const value = probe();
    if (value) return value;
  }
  throw new Error(`${what} did not come up`);
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') as string[];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const browser = await launchBrowser();
try {
  await benchReplay(browser);
  await benchServer(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
