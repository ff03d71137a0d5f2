import { type EventLine, parseLine } from '../../../recording/recording-lines.ts';
import { computeLayoutAside } from '../compute-layout-aside.ts';
import { LayoutSender } from '../layout-sender.ts';
import { type Page, renderPage } from '../page-html.ts';
import { CompressedBlocks } from './compressed-blocks.ts';

/** Purpose of a page: to be a file, as small as it can be, or to be looked at once, as soon as it can be. */
export type ReplayUse = 'keep' | 'serve';

const COMPRESSION_LEVELS: Record<ReplayUse, number> = { keep: 6, serve: 1 };

export interface ReplayPageOptions {
  /** @default 'keep' */
  use?: ReplayUse;
  /** Start of a command line of devnet. @default 'devnet' */
  commandPrefix?: string;
}

/**
 * Returns the page over a finished recording, as one document that needs no server.
 * @param lines of the recording, in batches
 */
export async function renderReplayPage(
  lines: AsyncIterable<readonly EventLine[]>,
  { use = 'keep', commandPrefix = 'devnet' }: ReplayPageOptions = {},
): Promise<Page> {
  const layouts = new LayoutSender(computeLayoutAside);
  const level = COMPRESSION_LEVELS[use];
  const [states, log] = [new CompressedBlocks(level), new CompressedBlocks(level)];
  // A layout takes longer than reading the rest.
  const stateLines: (Buffer | Promise<Buffer>)[] = [];
  let network = 'recording';
  let runtime: string | undefined;
  let isContinuous = false;
  for await (const batch of lines) {
    for (const line of batch) {
      if (line.type === 'log') {
        await log.add(line.bytes);
        continue;
      }
      // The page has its own: a snapshot is needed only where nothing leads up to it.
      if (line.type === 'snapshot' && isContinuous) continue;
      const event = parseLine(line);
      if (!event) continue;
      const recording =
        event.type === 'recording' ? event : event.type === 'snapshot' ? event.snapshot.recording : undefined;
      if (recording) ({ network, runtime } = recording);
      isContinuous =
        event.type === 'gap' ? false : isContinuous || event.type === 'topology' || event.type === 'snapshot';
      const layout = layouts.layoutBefore(event);
      if (layout) stateLines.push(layout.then((message) => Buffer.from(JSON.stringify(message))));
      // A copy: the line is a part of all that was read with it.
      stateLines.push(Buffer.from(line.bytes));
    }
  }
  for (const line of stateLines) await states.add(await line);
  return renderPage(
    { mode: 'replay', network, ...(runtime === undefined ? {} : { runtime }), capabilities: [], commandPrefix },
    { states: await states.end(), log: await log.end() },
  );
}
