import type { RunningNetwork } from '../../network/running-network.ts';
import { applyEvent, EMPTY_SNAPSHOT } from '../../recording/apply-event.ts';
import type { NetworkRecorder } from '../../recording/network-recorder.ts';
import type { RecordingEvent } from '../../recording/recording-event.ts';
import { computeLayoutAside } from './compute-layout-aside.ts';
import { type Dashboard, serveDashboard } from './dashboard-server.ts';
import { EventHistory } from './event-history.ts';
import { LayoutSender } from './layout-sender.ts';
import { renderPage } from './page-html.ts';
import { runCommand, type WriteToJournal } from './run-command.ts';
import { ScenarioStarter } from './scenario-starter.ts';

/** Events within this time are sent together, milliseconds. */
const BATCH_INTERVAL_MS = 60;

export interface ServeNetworkOptions {
  /** Port on loopback. @default any that is free */
  port?: number;
  /** Start of a command line of devnet here: `devnet`. */
  commandPrefix: string;
  /** Notes what is done from the page, beside the recording. */
  writeToJournal: WriteToJournal;
  /** Events before the recording begins. @default nothing is known of it */
  earlier?: AsyncIterable<readonly RecordingEvent[]>;
}

/**
 * Serves the live page of a network: what is recorded from now on, after the state in which the recording is.
 * @throws DevnetError `usage` when the port is taken
 */
export async function serveNetwork(
  network: RunningNetwork,
  recorder: Pick<NetworkRecorder, 'live' | 'record' | 'timeAgo'>,
  { port, commandPrefix, writeToJournal, earlier }: ServeNetworkOptions,
): Promise<Dashboard> {
  const history = new EventHistory();
  const layouts = new LayoutSender(computeLayoutAside);
  let waiting: RecordingEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushed = Promise.resolve();
  const flush = () => {
    timer = undefined;
    const events = waiting;
    waiting = [];
    flushed = flushed.then(async () => history.add(await layouts.withLayouts(events)));
  };
  const add = (event: RecordingEvent) => {
    waiting.push(event);
    timer ??= setTimeout(flush, BATCH_INTERVAL_MS);
  };
  const { snapshot } = recorder.live;
  if (snapshot.time !== '') add({ type: 'snapshot', time: snapshot.time, snapshot });
  const unsubscribe = recorder.live.subscribe(add);
  if (earlier) {
    let state = EMPTY_SNAPSHOT;
    for await (const events of earlier) {
      state = events.reduce(applyEvent, state);
      history.add(await layouts.withLayouts(events));
    }
    // What is over by now, the recording says when it begins.
    for (const { since, ...fault } of state.faults) recorder.record({ type: 'fault', ...fault, since });
  }
  const scenarios = new ScenarioStarter(network, recorder);
  const dashboard = await serveDashboard({
    page: renderPage({
      mode: 'live',
      network: network.name,
      runtime: network.runtime,
      capabilities: [...network.capabilities],
      commandPrefix,
    }),
    history,
    ...(port === undefined ? {} : { port }),
    actions: {
      topology: network.topology,
      run: (command) => runCommand(network, command, { writeToJournal, recorder, scenarios }),
    },
  });
  return {
    url: dashboard.url,
    close: async () => {
      await scenarios.stop();
      unsubscribe();
      clearTimeout(timer);
      flush();
      await flushed;
      await dashboard.close();
    },
  };
}
