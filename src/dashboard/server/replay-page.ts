import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import type { RecordingEvent } from '../../recording/recording-event.ts';
import { computeLayoutAside } from './compute-layout-aside.ts';
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
  const layouts = new LayoutSender(computeLayoutAside);
  const compressor = createGzip();
  const compressed = buffer(compressor);
  let network = 'recording';
  let runtime: string | undefined;
  let isContinuous = false;
  for await (const batch of events) {
    const needed = batch.filter((event) => {
      const recording =
        event.type === 'recording' ? event : event.type === 'snapshot' ? event.snapshot.recording : undefined;
      if (recording) ({ network, runtime } = recording);
      // The page has its own: a snapshot is needed only where nothing leads up to it.
      const isNeeded = event.type !== 'snapshot' || !isContinuous;
      isContinuous =
        event.type === 'gap' ? false : isContinuous || event.type === 'topology' || event.type === 'snapshot';
      return isNeeded;
    });
    const lines = (await layouts.withLayouts(needed)).map((message) => `${JSON.stringify(message)}\n`);
    if (!compressor.write(lines.join(''))) await once(compressor, 'drain');
  }
  compressor.end();
  const data = await compressed;
  return renderPage(
    { mode: 'replay', network, ...(runtime === undefined ? {} : { runtime }), capabilities: [], commandPrefix },
    data.toString('base64'),
  );
}
