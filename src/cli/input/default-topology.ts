import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../shared/files/package-root.ts';

/** The file to take where none is named: the project's own `devnet/default.yaml`, else the one that comes with devnet. */
export function defaultTopologyFile(): string {
  const own = join('devnet', 'default.yaml');
  return existsSync(own) ? own : relative('.', join(packageRoot, own));
}
