import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { LinkState } from './link-state.ts';

/** Writes the state so that a reader finds the old one or the new one, whole; undefined removes it. */
export async function saveLinkState(path: string, state: LinkState | undefined): Promise<void> {
  if (state === undefined) return await rm(path, { force: true });
  await writeFile(`${path}.new`, JSON.stringify(state));
  await rename(`${path}.new`, path);
}

/** The text of the state that was saved last; undefined when there is none. */
export async function readSavedLinkState(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
