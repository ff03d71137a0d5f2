// Captures the packets of a network with dumpcap or tcpdump, in the network namespace that has its bridge. A task comes on standard input,
// whose end is the end of the capture; frames go to standard output.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { JsonLinesParser } from '../../shared/files/json-lines.ts';
import { inOverlay, OVERLAY_UPLINK } from '../overlay/overlay-namespace.ts';
import { type CaptureEnd, type CaptureFrameKind, encodeCaptureFrame } from './capture-frame.ts';
import {
  CAPTURE_PROGRAMS,
  type CaptureProgram,
  type CaptureTask,
  captureArguments,
  captureExpression,
  isCapturing,
  parseDropped,
  parseFailure,
  parseInterfaceIndex,
} from './capture-task.ts';

/** Time after which the kernel hands over a block of packets that is not full, and a margin: tcpdump has it wait for 1 s. */
const BLOCK_TIMEOUT_MS = 1_200;
/** Text that is kept of what a program says. */
const MAX_TEXT_LENGTH = 10_000;

/** Returns the command that runs a program where the bridge is. */
type Enter = (command: [string, ...string[]]) => Promise<[string, ...string[]]>;

async function capture(task: CaptureTask): Promise<CaptureEnd> {
  const { overlayId } = task;
  const enter: Enter = (command) =>
    overlayId === undefined ? Promise.resolve(command) : inOverlay(overlayId, command);
  const indexOf = async (name: string) => {
    const [program, ...args] = await enter(['ip', '-j', 'link', 'show', 'dev', name]);
    return parseInterfaceIndex((await promisify(execFile)(program, args)).stdout);
  };
  const uplink = overlayId === undefined ? undefined : await indexOf(OVERLAY_UPLINK);
  const expression = captureExpression(task, await indexOf(task.bridge), uplink);
  // That a program is missing cannot be told where another one starts it; the image has tcpdump.
  for (const program of overlayId === undefined ? CAPTURE_PROGRAMS : (['tcpdump'] as const)) {
    const end = await captureWith(program, expression, enter).catch((cause: NodeJS.ErrnoException) => {
      // It may be for the members of a group only, as Debian's dumpcap can be.
      if (cause.code !== 'ENOENT' && cause.code !== 'EACCES') throw cause;
    });
    if (end) return end;
  }
  return { dropped: 0, missing: CAPTURE_PROGRAMS.join(' or ') };
}

/** @throws NodeJS.ErrnoException `ENOENT` where there is no such program, `EACCES` where this user may not run it */
async function captureWith(name: CaptureProgram, expression: string, enter: Enter): Promise<CaptureEnd> {
  const [file, ...args] = await enter([name, ...captureArguments(name, expression)]);
  const program = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let isReady = false;
  (program.stderr as Readable).setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-MAX_TEXT_LENGTH);
    if (isReady || !isCapturing(text)) return;
    isReady = true;
    void send('ready');
  });
  await once(program, 'spawn');
  const ended = once(program, 'close');
  void inputEnded.then(() => stop(program));
  for await (const chunk of program.stdout as Readable) await send('packets', chunk as Buffer);
  const [code] = (await ended) as [number | null];
  return { dropped: parseDropped(text), ...(code === 0 ? {} : { failure: parseFailure(text) }) };
}

/** Ends a program once it has what the kernel captured until now. */
async function stop(program: ChildProcess): Promise<void> {
  await wait(BLOCK_TIMEOUT_MS);
  program.kill('SIGINT');
}

async function send(kind: CaptureFrameKind, body?: Buffer): Promise<void> {
  if (!process.stdout.write(encodeCaptureFrame(kind, body))) await once(process.stdout, 'drain');
}

function describeFailure(cause: NodeJS.ErrnoException & { stderr?: string }): CaptureEnd {
  if (cause.code === 'ENOENT') return { dropped: 0, missing: cause.path ?? 'ip' };
  return { dropped: 0, failure: cause.stderr?.trim() || cause.message };
}

async function main(task: CaptureTask): Promise<void> {
  const end = await capture(task).catch(describeFailure);
  await send('end', Buffer.from(JSON.stringify(end)));
  process.exit(0);
}

// Whoever asked for the capture is gone: the program ends at its next packet, or with its container.
process.stdout.on('error', () => process.exit(1));
// It may end before there is a program to stop.
const inputEnded = once(process.stdin, 'end');
const parser = new JsonLinesParser<CaptureTask>();
process.stdin.on('data', (chunk) => {
  for (const task of parser.push(chunk)) void main(task);
});
