import type { RecordingEvent } from '../../recording/recording-event.ts';
import type { PageLayout } from './page-layout.ts';

/** A message to the page: an event of the recording, or the layout of the topology that the next events are about. */
export type PageMessage = RecordingEvent | LayoutComputed;

/** Sent before the first event that holds a topology, and before each one that changes its nodes or links. */
export interface LayoutComputed {
  type: 'layout';
  layout: PageLayout;
}

/** Settings that the page starts with. */
export interface PageSetup {
  /** `live`: messages come from the server, and the page sends commands; `replay`: they are in the page. */
  mode: 'live' | 'replay';
  /** Name of the network. */
  network: string;
  /** Runtime of its nodes. @default unknown */
  runtime?: string;
  /** Capabilities of the runtime: what it lacks is not offered. */
  capabilities: string[];
  /** Groups of the topology's nodes are in the topology; this is how a command of devnet is typed here. */
  commandPrefix: string;
}
