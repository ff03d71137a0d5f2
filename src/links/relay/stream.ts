import type { Socket } from 'node:net';
import type { MessageFault } from '../state.ts';
import type { Lane } from './lane.ts';
import { Line } from './line.ts';
import { corrupted, ended, faultOn } from './message-faults.ts';
import { Splitter } from './splitter.ts';

/** The longest (ms) that a message waits for the one that is to overtake it. */
const OVERTAKEN_WITHIN = 500;

/**
 * Carries what one end of a connection sends to the other: bytes as they are, unless a message fault hits the message that they
 * are. Ends and resets are passed on in their turn, and when the receiver is slow, the sender is read no faster.
 */
export function carry(source: Socket, sink: Socket, lane: () => Lane): void {
  const line = new Line(sink, () => lane().quality, { room: () => source.resume() });
  const splitter = new Splitter();
  /** Messages held back, by what lets them go. */
  const held = new Map<object, () => void>();
  let overtaken: (() => void) | undefined;
  let over: 'end' | undefined;

  /** Holds a message until `release` is called, or `wait` ms are over. */
  function hold(message: Buffer, wait: number): () => void {
    const key = {};
    const release = () => {
      clearTimeout(timer);
      if (!held.delete(key)) return;
      line.send(ended(message));
      finish();
    };
    const timer = setTimeout(release, wait);
    held.set(key, () => clearTimeout(timer));
    return release;
  }

  function finish(): void {
    if (over !== undefined && held.size === 0) line.close(over);
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
        else overtaken = hold(message, OVERTAKEN_WITHIN);
        return;
      case 'duplicate':
        line.send(ended(message));
        line.send(message);
        return;
      case 'corrupt':
        line.send(corrupted(message, Math.random));
        return;
    }
  }

  function pass(message: Buffer): void {
    if (overtaken === undefined) {
      line.send(message);
    } else {
      line.send(ended(message));
      overtaken();
      overtaken = undefined;
    }
  }

  source.on('data', (chunk) => {
    const { faults } = lane();
    // A message that was held back must not come out in the middle of another one.
    for (const { bytes, whole } of splitter.push(chunk, faults.length > 0 || held.size > 0)) {
      const fault = whole ? faultOn(bytes, faults, Math.random) : undefined;
      if (fault) inject(fault, bytes);
      else if (whole) pass(bytes);
      else line.send(bytes);
    }
    if (line.full) source.pause();
  });
  source.once('end', () => {
    for (const { bytes } of splitter.end()) line.send(bytes);
    over = 'end';
    finish();
  });
  source.once('error', () => line.close('reset'));
  sink.once('close', () => {
    for (const forget of held.values()) forget();
    held.clear();
    // Nobody reads any more: what still comes from the source is let go, so that its end is noticed.
    source.resume();
  });
}
