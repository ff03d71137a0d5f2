import type { RecordingEvent } from '../../recording/recording-event.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { PageLayout } from '../page/page-layout.ts';
import type { PageMessage } from '../page/page-message.ts';

/** Puts the layout of a topology before the first event that needs it. */
export class LayoutSender {
  readonly #compute: (topology: Topology) => Promise<PageLayout> | PageLayout;
  #key = '';

  constructor(compute: (topology: Topology) => Promise<PageLayout> | PageLayout) {
    this.#compute = compute;
  }

  async withLayouts(events: readonly RecordingEvent[]): Promise<PageMessage[]> {
    const messages: PageMessage[] = [];
    for (const event of events) {
      const topology = topologyOf(event);
      const key = topology ? JSON.stringify([topology.nodes.map(({ name }) => name), topology.links]) : this.#key;
      if (topology && key !== this.#key) messages.push({ type: 'layout', layout: await this.#compute(topology) });
      this.#key = key;
      messages.push(event);
    }
    return messages;
  }
}

function topologyOf(event: RecordingEvent): Topology | undefined {
  if (event.type === 'topology') return event.topology;
  return event.type === 'snapshot' ? event.snapshot.topology : undefined;
}
