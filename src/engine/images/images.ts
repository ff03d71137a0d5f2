import { Readable } from 'node:stream';
import { DevnetError } from '../../shared/errors.ts';
import { readJsonLines } from '../../shared/files/json-lines.ts';
import { parseImageReference, registryOf } from '../../shared/image-reference.ts';
import type { Engine } from '../connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from '../connection/engine-error.ts';
import { type ImageIdentity, isSameImage } from './image-identity.ts';
import { findRegistryCredentials } from './registry-credentials.ts';

/** A registry that sends nothing for this long counts as unreachable. */
const PULL_IDLE_TIMEOUT_MS = 20_000;
/** Lines of a failed build's output that its error message quotes. */
const MAX_BUILD_OUTPUT_LINES = 10;

/** @returns the image's id, or undefined when the engine does not have it */
export async function findImageId(engine: Engine, reference: string): Promise<string | undefined> {
  return (await findImage(engine, reference))?.id;
}

/** @returns what the image is; undefined when the engine does not have it */
export async function findImage(engine: Engine, reference: string): Promise<ImageIdentity | undefined> {
  try {
    const { Id, RepoDigests } = await engine.docker.getImage(reference).inspect();
    return { id: Id, repoDigests: RepoDigests ?? [] };
  } catch (cause) {
    if (httpStatusOf(cause) === 404) return undefined;
    throw toEngineError(cause, `look for the image ${reference}`);
  }
}

/**
 * Returns a reference that names exactly this image on other engines too: by the digest under which a registry has it; without
 * one, by its id, which only engines that have the image know.
 */
export async function findPinnedReference(engine: Engine, reference: string): Promise<string> {
  const { RepoDigests, Id } = await wrapEngineErrors(`look for the image ${reference}`, () =>
    engine.docker.getImage(reference).inspect(),
  );
  return RepoDigests?.[0] ?? Id;
}

/** Why an image could not be pulled. */
export interface PullRefusal {
  /** The engine's own words, and why credentials are missing that there may be. */
  reason: string;
  /** What to do about it, with `docker pull` where that helps. */
  hint: string;
}

/**
 * Pulls an image, with the credentials of `docker login`.
 * @returns why it could not be pulled; undefined when the engine has it now
 * @throws DevnetError `disk_full`, `engine_gone`
 */
export async function pullImage(engine: Engine, reference: string): Promise<PullRefusal | undefined> {
  const { credentials, problem } = await findRegistryCredentials(registryOf(reference));
  try {
    const options = credentials ? { authconfig: credentials } : {};
    const progress = (await engine.docker.pull(reference, options)) as Readable;
    await readProgress(progress, { idleTimeoutMs: PULL_IDLE_TIMEOUT_MS });
    return undefined;
  } catch (cause) {
    const task = `pull ${reference}`;
    const failure = toEngineError(cause, task);
    if (failure.code !== 'engine_failed' && failure.code !== 'image_missing') throw failure;
    const refusal = failure.message.replace(`could not ${task}: `, '');
    return {
      reason: problem === undefined ? refusal : `${refusal}; ${problem}`,
      hint: pullHint(reference, refusal, credentials !== undefined),
    };
  }
}

/**
 * Pulls an image that another engine has, by its digest, and tags it so that `reference` names it.
 * @param pinned reference with the digest
 * @param wanted the image on the other engine
 * @returns why it could not be pulled; undefined when the engine has it now
 * @throws DevnetError `disk_full`, `engine_gone`, `engine_failed`
 */
export async function pullByDigest(
  engine: Engine,
  { reference, pinned, wanted }: { reference: string; pinned: string; wanted: ImageIdentity },
): Promise<string | undefined> {
  const refusal = await pullImage(engine, pinned);
  if (refusal) return refusal.reason;
  const pulled = await findImage(engine, pinned);
  if (!pulled || !isSameImage(pulled, wanted)) return `it got ${pulled?.id ?? 'nothing'} in place of ${wanted.id}`;
  if ((await findImageId(engine, reference)) === pulled.id) return undefined;
  if (reference.startsWith('sha256:')) return 'its engine has another id for the image';
  const { repository, tag = 'latest' } = parseImageReference(reference);
  await wrapEngineErrors(`tag ${pinned} as ${reference}`, () =>
    engine.docker.getImage(pinned).tag({ repo: repository, tag }),
  );
  return undefined;
}

/** Returns what to do about a registry's refusal, in the words of an engine. */
export function pullHint(reference: string, refusal: string, hadCredentials: boolean): string {
  const registry = registryOf(reference);
  const login = registry === 'docker.io' ? 'docker login' : `docker login ${registry}`;
  const build = `docker build -t ${reference} … makes it here`;
  if (/no basic auth|unauthori[sz]ed|authentication required|denied|forbidden|\b40[13]\b/i.test(refusal)) {
    const again = hadCredentials ? ' again, since its credentials were refused' : '';
    return `${login}${again}; docker pull ${reference} then shows whether it worked; or ${build}`;
  }
  if (/manifest|not found|name unknown|does not exist/i.test(refusal))
    return `check the name: docker pull ${reference} has to work; or ${build}`;
  return `docker pull ${reference} once its registry can be reached; or docker load it; or ${build}`;
}

/**
 * Builds an image from a tar of its context.
 * @throws DevnetError `image_failed` with the end of the build's output
 */
export async function buildImage(
  engine: Engine,
  context: AsyncIterable<unknown>,
  { tag, args, labels }: { tag: string; args: Record<string, string>; labels: Record<string, string> },
): Promise<void> {
  const output: string[] = [];
  try {
    const options = { t: tag, buildargs: args, labels, rm: true, forcerm: true };
    const progress = await engine.docker.buildImage(Readable.from(context), options);
    await readProgress(progress as Readable, { onOutput: (text) => output.push(text) });
  } catch (cause) {
    const failure = toEngineError(cause, `build the image ${tag}`);
    if (failure.code !== 'engine_failed') throw failure;
    const end = output.join('').split('\n').slice(-MAX_BUILD_OUTPUT_LINES);
    throw new DevnetError('image_failed', [failure.message, ...end].join('\n').trim(), { cause });
  }
}

/** Makes an image of one layer from a tar of a root file system. */
export async function importImage(
  engine: Engine,
  root: AsyncIterable<unknown>,
  repository: string,
  tag: string,
): Promise<void> {
  await wrapEngineErrors(`import the image ${repository}:${tag}`, async () => {
    // Repository and tag in one: Podman ignores `tag`.
    const options = { repo: `${repository}:${tag}` };
    await readProgress((await engine.docker.importImage(Readable.from(root), options)) as unknown as Readable);
  });
}

/**
 * Reads an engine's progress stream to its end. A failure is an item of the stream, after a reply with status 200.
 * @param idleTimeoutMs longest time without an item; 0 waits for ever
 */
async function readProgress(
  progress: Readable,
  { idleTimeoutMs = 0, onOutput }: { idleTimeoutMs?: number; onOutput?: (text: string) => void } = {},
): Promise<void> {
  const giveUp = () => progress.destroy(new Error(`no progress for ${idleTimeoutMs / 1000} s`));
  const timer = idleTimeoutMs > 0 ? setTimeout(giveUp, idleTimeoutMs) : undefined;
  try {
    for await (const { stream, error } of readJsonLines<{ stream?: string; error?: string }>(progress)) {
      timer?.refresh();
      if (error !== undefined) throw new Error(error.trim());
      if (stream) onOutput?.(stream);
    }
  } finally {
    clearTimeout(timer);
  }
}
