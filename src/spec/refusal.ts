import { type Reply, show } from './reply.ts';
import type { Trial } from './trial.ts';
import { fail, nonStrict, type Outcome, ok, worst } from './verdict.ts';

/** Types that answer a request: getting one for what should be refused means that it was taken for good. */
const ANSWERS = new Set(['pong', 'echo', 'peers', 'status', 'hello', 'ok']);

/**
 * Judges what came for something that must be refused: an `error` with the right code is right; another one, silence or
 * the end of the connection keep the refusal to itself, which others can live with; an answer takes it for good.
 */
export function judgeRefusal(reply: Reply | undefined, codes: readonly string[], got: string): Outcome {
  if (reply?.code !== undefined && codes.includes(reply.code)) return ok();
  const expected = `error with code ${codes.join(' or ')}`;
  return reply?.type !== undefined && ANSWERS.has(reply.type) ? fail(expected, got) : nonStrict(expected, got);
}

/** Sends what must be refused, on a connection of its own, and judges what comes back. */
export async function refusal(trial: Trial, bytes: string | Uint8Array, ...codes: string[]): Promise<Outcome> {
  const wire = await trial.dial();
  trial.put(wire, bytes);
  const reply = await wire.reply(trial.wait);
  const got = trial.describe(reply, wire);
  wire.close();
  return judgeRefusal(reply, codes, got);
}

/** The same for several, at a time. */
export async function refusals(
  trial: Trial,
  several: readonly (string | Uint8Array)[],
  ...codes: string[]
): Promise<Outcome> {
  return worst(await Promise.all(several.map((bytes) => refusal(trial, bytes, ...codes))));
}

/**
 * Sends a question of which a careless reader would make something else, and accepts the answer or a refusal. `same`
 * says whether a reply that is no error kept what was sent.
 */
export async function keptOrRefused(
  trial: Trial,
  bytes: string | Uint8Array,
  expected: string,
  same: (reply: Reply) => boolean,
): Promise<Outcome> {
  const wire = await trial.dial();
  trial.put(wire, bytes);
  const reply = await wire.reply(trial.wait);
  const got = trial.describe(reply, wire);
  wire.close();
  if (reply === undefined) return nonStrict(`${expected}, or error`, got);
  if (reply.type === 'error') return ok(`refused: ${show(reply)}`);
  return same(reply) ? ok() : fail(`${expected}, or error`, got);
}
