import { stat } from 'node:fs/promises';
import { serveDashboard } from '../../../dashboard/server/dashboard-server.ts';
import { findRecording } from '../../../recording/recording-folder.ts';
import { assertOutputFileWritable, writeOutputFile } from '../../../shared/files/text-file.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkFolder } from '../../input/log-files.ts';
import { writeToStderr } from '../../output/format.ts';
import { readReplayPage, untilInterrupted } from './serve-page.ts';

interface Options {
  html?: string;
  port?: number;
}

export async function run(argument: string, { html, port }: Options): Promise<void> {
  if (html !== undefined) assertOutputFileWritable(html);
  const page = await readReplayPage(
    await findRecording(await recordingPath(argument)),
    html === undefined ? 'serve' : 'keep',
  );
  if (html !== undefined) {
    writeOutputFile(html, page.html);
    process.stdout.write(`${html}: ${(page.html.length / 1024 ** 2).toFixed(1)} MiB, open it in a browser\n`);
    return;
  }
  const { signal, release } = handleInterrupt();
  const dashboard = await serveDashboard({ page, ...(port === undefined ? {} : { port }) });
  process.stdout.write(`${dashboard.url}\n`);
  writeToStderr('open it in a browser on this machine; Ctrl-C ends the page');
  await untilInterrupted(signal);
  await dashboard.close();
  release();
}

/** Returns the path of a recording; the name of a network stands for its newest one in this folder. */
async function recordingPath(argument: string): Promise<string> {
  const isThere = await stat(argument).then(
    () => true,
    () => false,
  );
  return isThere || argument.includes('/') ? argument : networkFolder(argument);
}
