import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnet, type RunningCommand, start } from '../../support/cli.ts';
import { browserPath, launchBrowser, openPage } from './open-page.ts';

describe.skipIf(browserPath === undefined)('the page of a network in containers, in a browser', () => {
  const name = `page-containers-${process.pid}`;
  let cwd: string;
  let browser: Browser;
  let up: RunningCommand;

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'devnet-ui-'));
    writeFileSync(join(cwd, 'ring.yaml'), 'nodes: { count: 4 }\nlinks: ring\n');
    browser = await launchBrowser();
    up = start(['up', 'ring.yaml', '--name', name, '--ui'], { cwd });
    await up.waitForOutput('token=');
  });
  afterAll(async () => {
    up.child.kill('SIGINT');
    await up.finished;
    await browser?.close();
    rmSync(cwd, { recursive: true });
  });

  it('partitions the nodes that are encircled, and freezes and heals one', async () => {
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(up.stdout + up.stderr) ?? [];
    const { page, problems } = await openPage(browser, address as string);
    const head = page.getByRole('banner');
    const done = page.getByRole('list', { name: 'What was done' });
    await head.getByText('4/4').waitFor();
    await head.getByText('8/8').waitFor();

    // Around the left half of the graph.
    await page.getByRole('button', { name: 'Encircle nodes' }).click();
    const { x, y, width, height } = (await page.getByRole('application').boundingBox())!;
    const corners = [
      [0.02, 0.02],
      [0.5, 0.02],
      [0.5, 0.98],
      [0.02, 0.98],
      [0.02, 0.03],
    ] as const;
    const [[firstX, firstY]] = corners;
    await page.mouse.move(x + firstX * width, y + firstY * height);
    await page.mouse.down();
    for (const [across, down] of corners) await page.mouse.move(x + across * width, y + down * height, { steps: 4 });
    await page.mouse.up();
    const dialog = page.getByRole('dialog', { name: 'Encircled nodes' });
    await dialog.getByText(/[123] of 4 nodes/).waitFor();
    await dialog.getByRole('button', { name: 'Partition them from the others' }).click();
    await done.getByText(/devnet partition n\d.* --name page-containers/).waitFor();
    await page.getByText('Faults in force (1)').waitFor();
    const { faults } = JSON.parse((await devnet(['status', name, '--json'], { cwd })).stdout);
    expect(faults).toHaveLength(1);
    await page.getByRole('button', { name: 'Heal everything' }).click();
    await page.getByText('Faults in force (0)').waitFor();

    await page.getByRole('application').press('ArrowRight');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await head.getByText('3/4').waitFor();
    await page.getByRole('button', { name: 'Heal', exact: true }).click();
    await head.getByText('4/4').waitFor();
    await head.getByText('8/8').waitFor();
    expect(problems).toEqual([]);
  });
});
