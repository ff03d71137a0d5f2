import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from '../../../../src/cli/program.ts';
import { root } from '../../../export/fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ring = join(root, 'devnet', 'ring.yaml');

/** Runs the command. @returns what it wrote on standard output */
async function exported(...args: string[]): Promise<string> {
  let text = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
      text += part;
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockReturnValue(true),
  ];
  try {
    await createProgram().parseAsync(['export', ...args], { from: 'user' });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text;
}

describe('devnet export', () => {
  it('writes the same to standard output as to a file', async () => {
    const out = join(folder, 'ring.k8s.yaml');
    const text = await exported('k8s', ring);
    expect(text).toContain(`#   devnet export k8s ${ring}\n`);
    expect(await exported('k8s', ring, '-o', out)).toBe('');
    expect(readFileSync(out, 'utf8')).toBe(text.replace(`k8s ${ring}`, `k8s ${ring} -o ${out}`));
  });

  it('sets the build context to this package, relative to the output file', async () => {
    const elsewhere = join(folder, 'deep');
    mkdirSync(elsewhere);
    const out = join(elsewhere, 'compose.yaml');
    await exported('compose', ring, '-o', out);
    const { services } = parse(readFileSync(out, 'utf8')) as {
      services: Record<string, { build?: { context: string } }>;
    };
    expect(services.n1?.build?.context).toBe(relative(elsewhere, root));
  });

  it('uses the given image', async () => {
    expect(await exported('k8s', ring, '--image', 'registry.example/node:1')).toContain(
      'image: registry.example/node:1',
    );
    expect(await exported('compose', ring, '--image', 'registry.example/node:1')).not.toContain('build:');
  });

  it('refuses a wrong format, topology or file', async () => {
    await expect(exported('helm', ring)).rejects.toThrow("'helm' is invalid");
    await expect(exported('k8s', join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'file_unreadable' });
    await expect(exported('k8s', ring, '-o', join(folder, 'none', 'x.yaml'))).rejects.toMatchObject({ code: 'usage' });
  });
});
