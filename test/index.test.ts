import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/paths.ts';

/** Returns the names that a barrel exports, in order, those of its `export *` included. */
function exportedNames(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^export (?:type )?(?:\{([^}]*)\}|\*(?: as (\w+))?) from '([^']+)';$/gm)].flatMap(
    ([, list, namespace, from]) => {
      if (namespace !== undefined) return [namespace];
      if (list === undefined) return exportedNames(join(dirname(file), from!));
      const names = list.split(',').map((name) => name.trim().replace(/^type |.* as /g, ''));
      return names.filter((name) => name !== '');
    },
  );
}

// An explicit export silently hides one of the same name that comes in with `export *`.
it('exports no name twice', () => {
  const names = exportedNames(join(root, 'src/index.ts'));
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
