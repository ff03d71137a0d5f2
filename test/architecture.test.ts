import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', 'src');

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
describe('the files of src', () => {
  // Except for commands and programs: each program has a main.ts, and the seeder is the text of one.
  it.each(files.filter((file) => !file.startsWith('cli/') && !/\/(main|orphan-guard|seeder)\.ts$/.test(file)))(
    '%s does not end the process',
    (file) => {
      expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/process\.exit\(|process\.argv/);
    },
  );

  // A network that runs has a record and may have nodes that do not: pruning would take them.
  it.each(files)('%s recommends nothing that destroys a network', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/(system|container|network|volume) prune/);
  });

  // Since Node 24, it ends a line at U+2028 too, which is part of JSON texts.
  it.each(files)('%s splits no lines by node:readline', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/node:readline|\.readLines\(/);
  });

  // docker/engine knows neither Podman nor Docker Desktop nor an engine elsewhere, and is not on the PATH of an installed package.
  it.each(files)('%s restarts no engine by docker/engine', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/docker\/engine (down|up,)/);
  });

  it('are at most 15 in a folder', () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 15)).toEqual([]);
  });
});
