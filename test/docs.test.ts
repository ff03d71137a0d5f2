import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.ts';
import { execFileSync, spawnSync } from './support/run-sync.ts';

const pages = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '');

/** Returns the anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the documentation', () => {
  it('has the diagram of the layers as they are (else run: npm run docs:diagram)', () => {
    const { status, stderr } = spawnSync('node', ['scripts/architecture-diagram.js', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has pages', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']));
  });

  it.each(pages)('%s links to files and headings that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = links
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split('#') as [string, string | undefined];
        const file = path === '' ? page : normalize(join(dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('lists the engine tests that are skipped on Podman by their titles', () => {
    const tests = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.engine.test.ts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const skipped = tests
      .split('\n')
      .filter((file) => file !== '' && existsSync(join(root, file)))
      .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/skipIf\(onPodman\)\(\s*'([^']+)'/g)])
      .map(([, title]) => title);
    const section = readFileSync(join(root, 'docs/engines.md'), 'utf8')
      .split(/^#+ /m)
      .find((part) => part.startsWith('Podman\n'));
    const listed = [...section!.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].map(([, title]) => title!);
    expect(listed.slice(2).sort()).toEqual(skipped.sort());
  });
});
