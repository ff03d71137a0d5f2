import type { LinkSettings, MessageFault } from '../state/link-state.ts';
import { DelayLine } from './delay-line.ts';
import type { TransmitQueue } from './delivery-schedule.ts';
import { corruptMessage, selectFault, withLineEnd } from './message-faults.ts';
import { MessageSplitter } from './message-splitter.ts';
import type { ProxySocket } from './proxy-socket.ts';

/** Bytes of held messages above which the sender must wait. */
const MAX_HELD_BYTES = 4 * 1_048_576;
/** Longest time that a message waits for the one that is to overtake it. */
const MAX_REORDER_WAIT_MS = 500;

/**
 * Carries what one end of a connection sends to the other: messages that a fault selects change, everything else passes as it
 * is. Ends and resets are passed on in order, and the sender is read no faster than the receiver reads.
 *
 * @param settings returns those in force now
 * @param queue of the link from one to the other
 */
export function pipeWithFaults(
  source: ProxySocket,
  sink: ProxySocket,
  settings: () => LinkSettings,
  queue: TransmitQueue,
): void {
  const line = new DelayLine(sink, () => settings().conditions, queue, resumeSource);
  const splitter = new MessageSplitter();
  const heldTimers = new Set<NodeJS.Timeout>();
  /** Held messages whose time has come. */
  let dueMessages: Buffer[] = [];
  let heldBytes = 0;
  /** Releases the message that waits to be overtaken. */
  let releaseOvertaken: (() => void) | undefined;
  let sourceEnded = false;

  /** Holds a message for `delayMs`, or until the returned function is called. */
  function holdMessage(message: Buffer, delayMs: number): () => void {
    const release = () => {
      if (!heldTimers.delete(timer)) return;
      clearTimeout(timer);
      if (releaseOvertaken === release) releaseOvertaken = undefined;
      dueMessages.push(message);
      sendDue();
    };
    const timer = setTimeout(release, delayMs);
    heldTimers.add(timer);
    heldBytes += message.length;
    return release;
  }

  /** Sends the messages that are due, but not in the middle of another one. */
  function sendDue(): void {
    if (!splitter.atBoundary) return;
    for (const message of dueMessages) {
      heldBytes -= message.length;
      line.send(withLineEnd(message));
    }
    dueMessages = [];
    if (sourceEnded && heldTimers.size === 0) line.close('end');
    resumeSource();
  }

  function isFull(): boolean {
    return line.full || heldBytes > MAX_HELD_BYTES;
  }

  function resumeSource(): void {
    if (!isFull()) source.resume();
  }

  function inject({ action, delay = 0 }: MessageFault, message: Buffer): void {
    switch (action) {
      case 'drop':
        return;
      case 'delay':
        holdMessage(message, delay);
        return;
      case 'reorder':
        // A second message to be overtaken overtakes the one that waits already.
        if (releaseOvertaken) forward(message);
        else releaseOvertaken = holdMessage(message, MAX_REORDER_WAIT_MS);
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

  function forward(message: Buffer): void {
    if (releaseOvertaken === undefined) {
      line.send(message);
    } else {
      line.send(withLineEnd(message));
      releaseOvertaken();
    }
  }

  source.onBytes = (chunk) => {
    const { messageFaults: faults } = settings();
    // While messages are held, others are sent whole, so that there is a place between them.
    const hold = faults.length > 0 || heldTimers.size + dueMessages.length > 0;
    for (const { bytes, isMessage } of splitter.push(chunk, hold)) {
      const fault = isMessage ? selectFault(bytes, faults, Math.random) : undefined;
      if (fault) inject(fault, bytes);
      else if (isMessage) forward(bytes);
      else line.send(bytes);
    }
    if (dueMessages.length > 0) sendDue();
    if (isFull()) source.pause();
  };
  source.once('end', () => {
    for (const { bytes } of splitter.end()) line.send(bytes);
    sourceEnded = true;
    sendDue();
  });
  source.once('error', () => line.close('reset'));
  sink.once('close', () => {
    for (const timer of heldTimers) clearTimeout(timer);
    heldTimers.clear();
    dueMessages = [];
    heldBytes = 0;
    // With no receiver left, input is read and discarded, so that the end of the source is noticed.
    source.resume();
  });
}
