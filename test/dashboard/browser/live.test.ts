import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { devnet, type RunningCommand, start } from '../../support/cli.ts';
import { hasNamespaces } from '../../support/namespaces.ts';
import { browserPath, launchBrowser, openPage } from './open-page.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-ui-'));
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
const running: RunningCommand[] = [];
let browser: Browser;

const pageAddress = ({ stdout, stderr }: RunningCommand) =>
  /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(stdout + stderr)![0];

async function startPage(...args: string[]): Promise<RunningCommand> {
  const command = start(args, { cwd, env });
  running.push(command);
  await command.waitForOutput('token=');
  return command;
}

describe.skipIf(browserPath === undefined)('the page of a network in a browser', () => {
  beforeAll(async () => {
    writeFileSync(join(cwd, 'ring.yaml'), 'nodes: { count: 5 }\nlinks: ring\n');
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGINT');
    await Promise.all(running.splice(0).map(({ finished }) => finished));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(cwd, { recursive: true });
  });

  it.skipIf(!hasNamespaces)('is looked at, broken and healed, and its run replayed', async () => {
    const up = await startPage('up', 'ring.yaml', '--engine', 'namespaces', '--name', 'page-live', '--ui');
    const { page, problems, requests } = await openPage(browser, pageAddress(up));
    const head = page.getByRole('banner');
    const done = page.getByRole('list', { name: 'What was done' });
    await head.getByText('live', { exact: true }).waitFor();
    await head.getByText('5/5').waitFor();
    await head.getByText('10/10').waitFor();

    // A node, by a click on the graph where the layout has it.
    await page.getByRole('application').press('ArrowRight');
    await page.getByRole('region', { name: 'Node n1' }).waitFor();
    await page.getByRole('button', { name: 'Kill' }).click();
    await done.getByText('devnet kill n1 --name page-live').waitFor();
    await head.getByText('4/5').waitFor();
    await page.getByText('exited, exit code 137').waitFor();
    await page.getByRole('button', { name: 'Heal', exact: true }).click();
    await done.getByText('✓ healed: n1').waitFor();
    await head.getByText('5/5').waitFor();

    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await done.getByText('devnet pause n1 --name page-live').waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await done.getByText('devnet unpause n1 --name page-live').waitFor();
    await done.getByText('✓ n1 continues').waitFor();
    await page.getByRole('button', { name: 'Restart' }).click();
    await done.getByText('devnet restart n1 --name page-live').waitFor();
    await done.getByText('✓ restart n1').waitFor();
    await head.getByText('10/10').waitFor();

    // A message, received by all.
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await done.getByText('✓ sent to n1').waitFor();
    await page.getByRole('application').press('Escape');
    await page.getByRole('row', { name: /page-.* 5\/5/ }).waitFor();

    // A link, reached from its node.
    await page.getByRole('application').press('ArrowRight');
    await page.getByRole('button', { name: '→ n2' }).click();
    await page.getByRole('region', { name: 'Link n1 and n2' }).waitFor();
    await page.getByRole('slider', { name: 'Delay' }).fill('0.4');
    await page.getByRole('button', { name: 'Apply' }).click();
    await done.getByText(/devnet link n1 n2 --delay \d+ms --name page-live/).waitFor();
    await page.getByRole('button', { name: 'As declared' }).click();
    await done.getByText('✓ link n1 <-> n2 is as declared').waitFor();
    await page.getByRole('button', { name: 'Cut', exact: true }).click();
    await done.getByText('devnet cut n1 n2 --name page-live').waitFor();
    await head.getByText('cut', { exact: false }).waitFor();

    // Another page has what happened before it, from the recording.
    const ui = await startPage('ui', 'page-live');
    const other = await openPage(browser, pageAddress(ui));
    await other.page.getByText('Faults in force (1)').waitFor();
    await other.page.getByRole('row', { name: /page-.* 5\/5/ }).waitFor();
    const marks = other.page.getByRole('slider', { name: 'Moment that is shown' });
    await marks.press('Home');
    await other.page.getByText('0 ms from the start').waitFor();
    await other.page.getByText('Faults in force (0)').waitFor();
    await marks.press('End');

    // The moment before, and back.
    const timeline = page.getByRole('slider', { name: 'Moment that is shown' });
    await timeline.press('Home');
    await page.getByText('0 ms from the start').waitFor();
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByRole('application').press('Escape');
    await page.getByRole('button', { name: 'Heal everything' }).click();
    await page.getByText('Faults in force (0)').waitFor();
    await other.page.getByText('Faults in force (0)').waitFor();
    expect(other.problems).toEqual([]);
    await head.getByText('10/10').waitFor();

    // A partition, by encircling nodes: those in the left half.
    const box = (await page.getByRole('application').boundingBox())!;
    const [left, top, right, bottom] = [box.x + 5, box.y + 5, box.x + box.width / 2 - 60, box.y + box.height - 5];
    await page.keyboard.down('Shift');
    await page.mouse.move(left, top);
    await page.mouse.down();
    await page.mouse.move(right, top, { steps: 3 });
    await page.mouse.move(right, bottom, { steps: 3 });
    await page.mouse.move(left, bottom, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.getByRole('dialog', { name: 'Encircled nodes' }).getByText('2 of 5 nodes').waitFor();
    await page.getByRole('button', { name: 'Partition them from the others' }).click();
    await done.getByText(/devnet partition '?n\d,n\d \/ n\d,n\d,n\d'? --name page-live/).waitFor();
    await page.getByText('Faults in force (1)').waitFor();
    await page.getByRole('button', { name: 'Heal everything' }).click();
    await page.getByText('Faults in force (0)').waitFor();

    // A scenario, whose verdict is shown.
    const scenario = 'topology: ring.yaml\nscenario:\n  - expect: gossip from n1 reaches all within 20s\n';
    const buffer = Buffer.from(scenario);
    await page.locator('input[type=file]').setInputFiles({ name: 'check.yaml', mimeType: 'text/yaml', buffer });
    await done.getByText('✓ check.yaml runs: 1 step').waitFor();
    await page.getByText('✓ passed').waitFor();
    await page.getByRole('button', { name: /gossip from n1 reaches/ }).waitFor();
    expect(problems).toEqual([]);
    const { origin } = new URL(pageAddress(up));
    expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);

    up.child.kill('SIGINT');
    await up.finished;
    await head.getByText(/removed|ended|connection lost/).waitFor();

    const [recording] = readdirSync(join(cwd, '.devnet', 'page-live', 'recordings'));
    expect(recording).toBeDefined();
    const { status, stdout } = await devnet(['replay', 'page-live', '--html', 'run.html'], { cwd, env });
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('run.html') });
    expect(readFileSync(join(cwd, 'run.html')).length).toBeLessThan(1_500_000);
    const replay = await openPage(browser, pathToFileURL(join(cwd, 'run.html')).href);
    await replay.page.getByRole('banner').getByText('replay', { exact: true }).waitFor();
    await replay.page.getByRole('slider', { name: 'Moment that is shown' }).press('Home');
    await replay.page.getByText('0 ms from the start').waitFor();
    expect(replay.problems).toEqual([]);
  });

  it('is served by devnet ui for a network of another command, and outlives neither token nor Ctrl-C', async () => {
    const up = start(['up', 'ring.yaml', '--engine', 'process', '--name', 'page-ui'], { cwd, env });
    running.push(up);
    await up.waitForOutput('the log is also in');
    const ui = await startPage('ui', 'page-ui');
    const { page, problems } = await openPage(browser, pageAddress(ui));
    await page.getByRole('banner').getByText('5/5').waitFor();
    await page.getByRole('application').press('ArrowRight');
    // What the runtime cannot do is not offered.
    expect(await page.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true);
    await devnet(['kill', 'n2', '--name', 'page-ui'], { cwd, env });
    await page.getByRole('banner').getByText('4/5').waitFor();
    // A fault of another terminal, which ends when the node is restarted.
    await page.getByRole('application').press('Escape');
    await page.getByText('Faults in force (1)').waitFor();
    await page.getByText('kill n2', { exact: true }).waitFor();
    await devnet(['restart', 'n2', '--name', 'page-ui'], { cwd, env });
    await page.getByText('Faults in force (0)').waitFor();
    expect(problems).toEqual([]);
    ui.child.kill('SIGINT');
    expect((await ui.finished).status).toBe(0);
    await page.getByRole('banner').getByText('connection lost').waitFor();
    expect(up.child.exitCode).toBeNull();
  });
});
