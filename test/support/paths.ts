import { join } from 'node:path';

/** Folder of this package. */
export const root = join(import.meta.dirname, '..', '..');
