import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { listContainers } from '../../../../src/engine/containers.ts';
import { ensureBaseImage } from '../../../../src/engine/images/base-image.ts';
import { buildImage } from '../../../../src/engine/images/images.ts';
import { devnet } from '../../../support/cli.ts';
import { sandbox } from '../../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const folder = mkdtempSync(join(tmpdir(), 'devnet-spec-'));
const base = await ensureBaseImage(engine);

/** A node that answers every line with the same words. */
const PARROT =
  "require('net').createServer((s) => { s.on('error', () => {}); s.on('data', () => s.write('{\"message_type\":\"peers\"}\\n\\n')); }).listen(3000)";
const parrot = `devnet-test-parrot:${Date.now().toString(36)}`;
const context = pack();
context.entry(
  { name: 'Dockerfile' },
  `FROM ${base.reference}\nCOPY parrot.js /parrot.js\nENTRYPOINT ["node", "/parrot.js"]\n`,
);
context.entry({ name: 'parrot.js' }, PARROT);
context.finalize();
await buildImage(engine, context, { tag: parrot, args: {}, labels: {} });
afterAll(() => engine.docker.getImage(parrot).remove({ force: true }));

async function specContainers(): Promise<string[]> {
  return (await listContainers(engine, 'devnet.name'))
    .map(({ name }) => name)
    .filter((name) => name.startsWith('devnet.spec-'));
}

describe('devnet spec', () => {
  it('passes the bundled node in a container', async () => {
    const junit = join(folder, 'bundled.xml');
    const { status, stdout, stderr } = await devnet(['spec', '--junit', junit]);
    expect(stderr).toBe('');
    expect(stdout).not.toMatch(/FAIL|NON-STRICT/);
    expect(stdout).toMatch(/conforms: \d+ cases/);
    expect(status).toBe(0);
    expect(readFileSync(junit, 'utf8')).toMatch(/^<\?xml[^>]*>\s*<testsuites [^>]*failures="0"/);
    expect(await specContainers()).toEqual([]);
  });

  it('fails a broken image, and removes what it started', async () => {
    const summary = join(folder, 'summary.md');
    const env = { GITHUB_STEP_SUMMARY: summary };
    const { status, stdout } = await devnet(['spec', '--image', parrot, '--json', '1', '2', '4.2'], { env });
    const result = JSON.parse(stdout);
    expect(result.passed).toBe(false);
    expect(result.results.find((one: { number: string }) => one.number === '4.2').verdict).toBe('FAIL');
    expect(status).toBe(1);
    const added = readFileSync(summary, 'utf8');
    expect(added).toMatch(
      /^### devnet spec devnet\\-test\\-parrot\\:\w+\\: \d+ failed\n\n```text\n✘ .* does not conform/,
    );
    expect(added).toMatch(/```text\n✘ 4\.2 .*FAIL\n\s+rule .*\n\s+expected .*\n\s+got /);
    expect(await specContainers()).toEqual([]);
  });

  it('tests a node of a running network, and shows several side by side', async () => {
    const { devnet: running } = await box.up('nodes: [a, b]\nlinks: [a -> b]');
    const page = join(folder, 'page.html');
    const { status, stdout } = await devnet([
      'spec',
      '--html',
      page,
      '--image',
      parrot,
      '--node',
      `${running.name}/a`,
      '1.1',
      '4.2',
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain(`${running.name}/a`);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain(`${running.name}/a`);
    expect(html).toContain(parrot);
    expect(html).not.toMatch(/(?:src|href)="?https?:/);
  });

  it('tells an unreachable node from one that fails, and refuses wrong arguments', async () => {
    const refused = async (args: string[]) => {
      const { status, stderr } = await devnet(['spec', ...args]);
      return `${status}: ${stderr}`;
    };
    expect(await refused(['127.0.0.1:9', '1.1'])).toMatch(/^2: devnet: nothing answers at 127\.0\.0\.1:9/);
    expect(await refused(['127.0.0.1:9', '9.9'])).toMatch(/^2: devnet: no case or section "9\.9"/);
    expect(await refused(['somewhere'])).toMatch(/^2: devnet: "somewhere" is not HOST:PORT/);
    expect(await refused(['--image', 'devnet-nobody-has-this:1'])).toMatch(/^1: devnet: target: there is no image/);
  });

  it('lists its cases', async () => {
    const { stdout } = await devnet(['spec', '--list']);
    expect(stdout.match(/^ {2}\d\.\d+ /gm)?.length).toBeGreaterThanOrEqual(82);
    expect((await devnet(['spec', '--list', '5.4'])).stdout).toMatch(/^5 Gossip\n {2}5\.4 .*\n {8}\S.*\n$/);
  });
});
