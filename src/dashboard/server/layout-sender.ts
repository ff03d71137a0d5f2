import type { RecordingEvent } from '../../recording/recording-event.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { PageLayout } from '../page/page-layout.ts';
import type { LayoutComputed, PageMessage } from '../page/page-message.ts';

/** Puts the layout of a topology before the first event that needs it. */
export class LayoutSender {
  readonly #compute: (topology: Topology) => Promise<PageLayout> | PageLayout;
  #key = '';
  /** Layouts are computed one after the other: each may take a process of its own. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(compute: (topology: Topology) => Promise<PageLayout> | PageLayout) {
    this.#compute = compute;
  }

  async withLayouts(events: readonly RecordingEvent[]): Promise<PageMessage[]> {
    const messages: PageMessage[] = [];
    for (const event of events) {
      const layout = this.layoutBefore(event);
      if (layout) messages.push(await layout);
      messages.push(event);
    }
    return messages;
  }

  /** Returns the message that has to be sent before an event; undefined where none has to. */
  layoutBefore(event: RecordingEvent): Promise<LayoutComputed> | undefined {
    const topology = topologyOf(event);
    if (!topology) return undefined;
    const key = JSON.stringify([topology.nodes.map(({ name }) => name), topology.links]);
    if (key === this.#key) return undefined;
    this.#key = key;
    const layout = this.#last.then(async () => ({ type: 'layout' as const, layout: await this.#compute(topology) }));
    this.#last = layout.catch(() => {});
    return layout;
  }
}

function topologyOf(event: RecordingEvent): Topology | undefined {
  if (event.type === 'topology') return event.topology;
  return event.type === 'snapshot' ? event.snapshot.topology : undefined;
}
