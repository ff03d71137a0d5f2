import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RecordingEvent } from '../../recording/recording-event.ts';
import { LayoutSender } from './layout-sender.ts';
import { type Page, renderPage } from './page-html.ts';

const compress = promisify(gzip);

/**
 * Returns the page over a finished recording, as one document that needs no server.
 * @param events of the recording, in batches
 */
export async function renderReplayPage(
  events: AsyncIterable<readonly RecordingEvent[]>,
  commandPrefix = 'devnet',
): Promise<Page> {
  const layouts = new LayoutSender();
  const lines: Buffer[] = [];
  let network = 'recording';
  let runtime: string | undefined;
  let isContinuous = false;
  for await (const batch of events) {
    for (const event of batch) {
      const recording =
        event.type === 'recording' ? event : event.type === 'snapshot' ? event.snapshot.recording : undefined;
      if (recording) ({ network, runtime } = recording);
      // The page has its own: a snapshot is needed only where nothing leads up to it.
      if (event.type === 'snapshot' && isContinuous) continue;
      isContinuous =
        event.type === 'gap' ? false : isContinuous || event.type === 'topology' || event.type === 'snapshot';
      for (const message of layouts.withLayout(event)) lines.push(Buffer.from(`${JSON.stringify(message)}\n`));
    }
  }
  const data = await compress(Buffer.concat(lines), { level: 9 });
  return renderPage(
    { mode: 'replay', network, ...(runtime === undefined ? {} : { runtime }), capabilities: [], commandPrefix },
    data.toString('base64'),
  );
}
