import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives the tests a folder of control sockets of their own: names of networks are taken among all processes of a user. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-run-'));
  process.env.XDG_RUNTIME_DIR = folder;
  return () => rmSync(folder, { recursive: true });
}
