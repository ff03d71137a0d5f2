import { mkdirSync } from 'node:fs';

/** Mode of files that may hold secrets, such as the environment of a node: only their owner can read them. */
export const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;

/** Creates a folder that only its owner can open, and those above it that are missing. One that exists keeps its mode. */
export function createPrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER_MODE });
}
