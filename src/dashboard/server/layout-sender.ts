import type { RecordingEvent } from '../../recording/recording-event.ts';
import type { PageMessage } from '../page/page-message.ts';
import { computePageLayout } from './compute-page-layout.ts';

/** Puts the layout of a topology before the first event that needs it. */
export class LayoutSender {
  #key = '';

  withLayout(event: RecordingEvent): PageMessage[] {
    const topology =
      event.type === 'topology' ? event.topology : event.type === 'snapshot' ? event.snapshot.topology : undefined;
    if (!topology) return [event];
    const key = JSON.stringify([topology.nodes.map(({ name }) => name), topology.links]);
    if (key === this.#key) return [event];
    this.#key = key;
    return [{ type: 'layout', layout: computePageLayout(topology) }, event];
  }
}
