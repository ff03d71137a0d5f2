import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import type { RecordingEvent } from '../../recording/recording-event.ts';
import { LayoutSender } from './layout-sender.ts';
import { type Page, renderPage } from './page-html.ts';

/**
 * Returns the page over a finished recording, as one document that needs no server.
 * @param events of the recording, in batches
 */
export async function renderReplayPage(
  events: AsyncIterable<readonly RecordingEvent[]>,
  commandPrefix = 'devnet',
): Promise<Page> {
  const layouts = new LayoutSender();
  const compressor = createGzip();
  const compressed = buffer(compressor);
  let network = 'recording';
  let runtime: string | undefined;
  let isContinuous = false;
  for await (const batch of events) {
    const lines: string[] = [];
    for (const event of batch) {
      const recording =
        event.type === 'recording' ? event : event.type === 'snapshot' ? event.snapshot.recording : undefined;
      if (recording) ({ network, runtime } = recording);
      // The page has its own: a snapshot is needed only where nothing leads up to it.
      if (event.type === 'snapshot' && isContinuous) continue;
      isContinuous =
        event.type === 'gap' ? false : isContinuous || event.type === 'topology' || event.type === 'snapshot';
      for (const message of layouts.withLayout(event)) lines.push(`${JSON.stringify(message)}\n`);
    }
    if (!compressor.write(lines.join(''))) await once(compressor, 'drain');
  }
  compressor.end();
  const data = await compressed;
  return renderPage(
    { mode: 'replay', network, ...(runtime === undefined ? {} : { runtime }), capabilities: [], commandPrefix },
    data.toString('base64'),
  );
}
