import { Readable } from 'node:stream';
import { type CaptureEnd, type CaptureFrame, CaptureFrameReader } from '../../agents/capture/capture-frame.ts';
import type { CaptureTask } from '../../agents/capture/capture-task.ts';
import type { ExecSession } from '../../engine/exec.ts';
import type { CapturedPart } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';

/** Installs dumpcap, which works in user namespaces too. */
const CAPTURE_PROGRAM_FIX = 'apt-get install wireshark-common';
/** Messages of programs about an expression that they do not understand. */
const FILTER_FAILURE =
  /syntax error|expression|unknown|illegal|invalid|unsupported|supported only|not supported|qualifier/i;

/**
 * Has a capture agent capture, and returns what it does once no later packet can be missed.
 * @param session the agent's program; closed at the end
 * @param signal ends the capture; packets until then still come
 * @throws DevnetError `usage` for a filter that is not valid, `engine_missing` without a program that captures, `engine_failed`
 */
export async function readCapture(
  session: ExecSession,
  task: CaptureTask,
  signal: AbortSignal,
): Promise<AsyncIterable<CapturedPart>> {
  const frames = readFrames(session);
  session.write(Buffer.from(`${JSON.stringify(task)}\n`));
  const onAbort = () => session.end();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const close = () => {
    signal.removeEventListener('abort', onAbort);
    session.close();
  };
  // dumpcap writes the head of its file before it says that it captures.
  const early: Buffer[] = [];
  try {
    await untilReady(frames, early, task);
  } catch (cause) {
    close();
    throw cause;
  }
  return (async function* () {
    try {
      for (const bytes of early) yield { bytes };
      for await (const frame of frames) {
        if (frame.kind === 'packets') yield { bytes: frame.body };
        if (frame.kind !== 'end') continue;
        const end = parseEnd(frame);
        if (end.failure !== undefined) throw captureError(end, task);
        yield { dropped: end.dropped };
      }
    } finally {
      close();
    }
  })();
}

/** Waits until the agent captures, and adds what it wrote by then to `early`. */
async function untilReady(frames: AsyncGenerator<CaptureFrame>, early: Buffer[], task: CaptureTask): Promise<void> {
  for (;;) {
    const next = await frames.next();
    if (next.done) throw new DevnetError('engine_failed', 'the capture agent ended before it captured');
    if (next.value.kind === 'ready') return;
    if (next.value.kind === 'end') throw captureError(parseEnd(next.value), task);
    early.push(next.value.body);
  }
}

/** Reads frames; an agent that ends without an `end`, as when its network is taken down, ends them too. */
async function* readFrames(session: ExecSession): AsyncGenerator<CaptureFrame> {
  const output = new Readable({ read: () => session.resume() });
  let isEnded = false;
  session.onOutput((chunk) => {
    if (!isEnded && !output.push(chunk)) session.pause();
  });
  session.onEnd(() => {
    if (!isEnded) output.push(null);
    isEnded = true;
  });
  const reader = new CaptureFrameReader();
  for await (const chunk of output) yield* reader.push(chunk as Buffer);
}

const parseEnd = ({ body }: CaptureFrame): CaptureEnd => JSON.parse(body.toString()) as CaptureEnd;

function captureError(
  { failure = 'no reason given', missing }: CaptureEnd,
  { filter, bridge }: CaptureTask,
): DevnetError {
  if (missing !== undefined) {
    const hint = missing === 'ip' ? 'apt-get install iproute2' : CAPTURE_PROGRAM_FIX;
    return new DevnetError(
      'engine_missing',
      `packets are captured by ${missing}, which this machine lacks or this user may not run`,
      { hint },
    );
  }
  if (filter !== undefined && FILTER_FAILURE.test(failure)) {
    return new DevnetError('usage', `the filter "${filter}" is not valid: ${failure}`, {
      hint: 'man pcap-filter has the syntax, as in "tcp port 3000 and greater 200"',
    });
  }
  if (failure.startsWith("Couldn't change to")) {
    return new DevnetError('engine_missing', `packets cannot be captured by tcpdump in a user namespace: ${failure}`, {
      hint: CAPTURE_PROGRAM_FIX,
    });
  }
  return new DevnetError('engine_failed', `packets on ${bridge} cannot be captured: ${failure}`);
}
