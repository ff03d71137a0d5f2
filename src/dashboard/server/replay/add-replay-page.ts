import { spawnSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DumpResult } from '../../../diagnostics/dump.ts';
import { ARTIFACTS_RECORDING } from '../../../recording/recording-folder.ts';
import { RecordingReader } from '../../../recording/recording-reader.ts';
import { describeFileError } from '../../../shared/files/file-error.ts';
import { packageRoot } from '../../../shared/files/package-root.ts';
import { PRIVATE_FILE_MODE } from '../../../shared/files/private-folder.ts';
import { renderReplayPage } from './replay-page.ts';

/** Name of the page in a folder of artifacts. */
const REPLAY_PAGE = 'replay.html';
/** Time to make the page of a process that ends, milliseconds: who ended it does not wait for long. */
const AT_ONCE_TIMEOUT_MS = 5_000;

/** Adds the page over its recording to a dump, as one file that needs no server. Never throws: `missing` says why there is none. */
export async function addReplayPage(dumped: DumpResult): Promise<DumpResult> {
  try {
    const reader = await RecordingReader.open(join(dumped.folder, ARTIFACTS_RECORDING));
    const { html } = await renderReplayPage(reader.lines());
    writeFileSync(join(dumped.folder, REPLAY_PAGE), html, { mode: PRIVATE_FILE_MODE });
    return { ...dumped, files: [...dumped.files, REPLAY_PAGE] };
  } catch (cause) {
    return { ...dumped, missing: [...dumped.missing, { file: REPLAY_PAGE, why: describeFileError(cause) }] };
  }
}

/**
 * Adds the page to the artifacts in a folder while nothing can be awaited any more, as at the end of a process: another one makes it.
 * Never throws: without time for it, there is no page.
 */
export function addReplayPageAtOnce(folder: string): void {
  const page = join(folder, REPLAY_PAGE);
  try {
    // Made here, so that only its owner can read it.
    writeFileSync(page, '', { mode: PRIVATE_FILE_MODE });
    const cli = join(packageRoot, 'dist', 'cli.js');
    spawnSync(process.execPath, [cli, 'replay', folder, '--html', page], {
      stdio: 'ignore',
      timeout: AT_ONCE_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    if (statSync(page).size === 0) rmSync(page);
  } catch {
    // The disk is full, or the folder is gone.
  }
}
