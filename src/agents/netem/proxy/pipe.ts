import type { Socket } from 'node:net';
import type { LinkSettings } from '../state/link-settings.ts';
import type { MessageFault } from '../state/link-state.ts';
import { DelayLine } from './delay-line.ts';
import { corruptMessage, selectFault, withLineEnd } from './message-faults.ts';
import { MessageSplitter } from './message-splitter.ts';

/** Bytes of messages held back before the sender is held up too. */
const MAX_HELD_BYTES = 4 * 1_048_576;
/** The longest (ms) that a message waits for the one that is to overtake it. */
const MAX_REORDER_WAIT_MS = 500;

/**
 * Carries what one end of a connection sends to the other: bytes as they are, unless a message fault hits the message that they
 * are. Ends and resets are passed on in their turn, and when the receiver is slow, the sender is read no faster.
 */
export function pipeWithFaults(source: Socket, sink: Socket, lane: () => LinkSettings): void {
  const line = new DelayLine(sink, () => lane().conditions, { onDrain: readOn });
  const splitter = new MessageSplitter();
  /** The alarms of messages that are held back, and messages whose time has come. */
  const held = new Set<NodeJS.Timeout>();
  let due: Buffer[] = [];
  let heldBytes = 0;
  let overtaken: (() => void) | undefined;
  let over = false;

  /** Holds a message until what is returned is called, or `wait` ms are over. */
  function hold(message: Buffer, wait: number): () => void {
    const release = () => {
      if (!held.delete(alarm)) return;
      clearTimeout(alarm);
      if (overtaken === release) overtaken = undefined;
      due.push(message);
      sendDue();
    };
    const alarm = setTimeout(release, wait);
    held.add(alarm);
    heldBytes += message.length;
    return release;
  }

  /** Sends what is due, but not in the middle of another message. */
  function sendDue(): void {
    if (!splitter.atBoundary) return;
    for (const message of due) {
      heldBytes -= message.length;
      line.send(withLineEnd(message));
    }
    due = [];
    finish();
    readOn();
  }

  function isFull(): boolean {
    return line.full || heldBytes > MAX_HELD_BYTES;
  }

  function readOn(): void {
    if (!isFull()) source.resume();
  }

  function finish(): void {
    if (over && held.size === 0 && due.length === 0) line.close('end');
  }

  function inject({ action, delay = 0 }: MessageFault, message: Buffer): void {
    switch (action) {
      case 'drop':
        return;
      case 'delay':
        hold(message, delay);
        return;
      case 'reorder':
        // One that is to be overtaken overtakes the one that waits already.
        if (overtaken) pass(message);
        else overtaken = hold(message, MAX_REORDER_WAIT_MS);
        return;
      case 'duplicate':
        line.send(withLineEnd(message));
        line.send(message);
        return;
      case 'corrupt':
        line.send(corruptMessage(message, Math.random));
        return;
    }
  }

  function pass(message: Buffer): void {
    if (overtaken === undefined) {
      line.send(message);
    } else {
      line.send(withLineEnd(message));
      overtaken();
    }
  }

  source.on('data', (chunk) => {
    const { messageFaults: faults } = lane();
    // Where messages are held back, others are sent whole: there has to be a place between them.
    for (const { bytes, isMessage: whole } of splitter.push(chunk, faults.length > 0 || held.size + due.length > 0)) {
      const fault = whole ? selectFault(bytes, faults, Math.random) : undefined;
      if (fault) inject(fault, bytes);
      else if (whole) pass(bytes);
      else line.send(bytes);
    }
    if (due.length > 0) sendDue();
    if (isFull()) source.pause();
  });
  source.once('end', () => {
    for (const { bytes } of splitter.end()) line.send(bytes);
    over = true;
    sendDue();
  });
  source.once('error', () => line.close('reset'));
  sink.once('close', () => {
    for (const alarm of held) clearTimeout(alarm);
    held.clear();
    due = [];
    heldBytes = 0;
    // Nobody reads any more: what still comes from the source is let go, so that its end is noticed.
    source.resume();
  });
}
