import { Readable } from 'node:stream';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from '../engine-error.ts';

/** A registry that says nothing for this long is taken for unreachable, milliseconds. */
const PULL_IDLE_TIMEOUT_MS = 20_000;

/** @returns the image's id, or undefined when the engine does not hold it */
export async function findImageId(engine: Engine, reference: string): Promise<string | undefined> {
  try {
    return (await engine.docker.getImage(reference).inspect()).Id;
  } catch (cause) {
    if (httpStatusOf(cause) === 404) return undefined;
    throw toEngineError(cause, `look for the image ${reference}`);
  }
}

/** @returns why the image could not be pulled, or undefined when it now is on the engine */
export async function pullImage(engine: Engine, reference: string): Promise<string | undefined> {
  try {
    const progress = (await engine.docker.pull(reference)) as Readable;
    await readProgress(progress, PULL_IDLE_TIMEOUT_MS);
    return undefined;
  } catch (cause) {
    const failure = toEngineError(cause, `pull ${reference}`);
    if (failure.code === 'engine_failed') return failure.message;
    throw failure;
  }
}

/**
 * Builds an image from a tar of its context.
 * @throws DevnetError `image_failed` with the end of the build's output
 */
export async function buildImage(
  engine: Engine,
  context: AsyncIterable<unknown>,
  options: { tag: string; args: Record<string, string>; labels: Record<string, string> },
): Promise<void> {
  const output: string[] = [];
  try {
    const progress = await engine.docker.buildImage(Readable.from(context), {
      t: options.tag,
      buildargs: options.args,
      labels: options.labels,
      rm: true,
      forcerm: true,
    });
    await readProgress(progress as Readable, 0, (item) => item.stream && output.push(item.stream));
  } catch (cause) {
    const failure = toEngineError(cause, `build the image ${options.tag}`);
    if (failure.code !== 'engine_failed') throw failure;
    throw new DevnetError(
      'image_failed',
      [failure.message, ...output.join('').split('\n').slice(-10)].join('\n').trim(),
      {
        cause,
      },
    );
  }
}

/** Makes an image of one layer out of a tar of a root file system. */
export async function importImage(
  engine: Engine,
  root: AsyncIterable<unknown>,
  repository: string,
  tag: string,
): Promise<void> {
  await wrapEngineErrors(`import the image ${repository}:${tag}`, async () => {
    // Tag and all in `repo`: Podman does not look at `tag`.
    const progress = (await engine.docker.importImage(Readable.from(root), {
      repo: `${repository}:${tag}`,
    })) as unknown as Readable;
    await readProgress(progress, 0);
  });
}

interface ProgressItem {
  stream?: string;
  status?: string;
  error?: string;
}

/**
 * Reads an engine's progress stream to its end. A failure comes in the stream, after a reply that said 200.
 * @param silence milliseconds without an item after which to give up; 0 waits for ever
 */
async function readProgress(
  progress: Readable,
  silence: number,
  seen: (item: ProgressItem) => void = () => {},
): Promise<void> {
  const giveUp = () => progress.destroy(new Error(`nothing came for ${silence / 1000} s`));
  let timer = silence > 0 ? setTimeout(giveUp, silence) : undefined;
  let rest = '';
  try {
    for await (const chunk of progress) {
      if (timer) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, silence);
      }
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) read(line);
    }
    read(rest);
  } finally {
    clearTimeout(timer);
  }

  function read(line: string): void {
    if (line.trim() === '') return;
    const item = JSON.parse(line) as ProgressItem;
    if (item.error !== undefined) throw new Error(item.error.trim());
    seen(item);
  }
}
