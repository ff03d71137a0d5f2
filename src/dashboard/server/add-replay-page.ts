import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DumpResult } from '../../diagnostics/dump.ts';
import { ARTIFACTS_RECORDING } from '../../recording/recording-folder.ts';
import { RecordingReader } from '../../recording/recording-reader.ts';
import { describeFileError } from '../../shared/files/file-error.ts';
import { PRIVATE_FILE_MODE } from '../../shared/files/private-folder.ts';
import { renderReplayPage } from './replay-page.ts';

/** Name of the page in a folder of artifacts. */
const REPLAY_PAGE = 'replay.html';

/** Adds the page over its recording to a dump, as one file that needs no server. Never throws: `missing` says why there is none. */
export async function addReplayPage(dumped: DumpResult): Promise<DumpResult> {
  try {
    const reader = await RecordingReader.open(join(dumped.folder, ARTIFACTS_RECORDING));
    const { html } = await renderReplayPage(reader.events());
    writeFileSync(join(dumped.folder, REPLAY_PAGE), html, { mode: PRIVATE_FILE_MODE });
    return { ...dumped, files: [...dumped.files, REPLAY_PAGE] };
  } catch (cause) {
    return { ...dumped, missing: [...dumped.missing, { file: REPLAY_PAGE, why: describeFileError(cause) }] };
  }
}
