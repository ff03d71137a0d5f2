import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import { Frames } from './demux.ts';
import type { Engine } from './engine.ts';
import { guarded } from './failure.ts';

/**
 * Runs a command in a running container and passes on what it writes, as it comes.
 * @returns its exit code
 * @throws DevnetError `engine_failed`, as when there is no such program in the image
 */
export async function execIn(
  engine: Engine,
  id: string,
  command: readonly string[],
  out: { stdout: Writable; stderr: Writable },
): Promise<number> {
  return guarded(`run ${command[0]}`, async () => {
    const made = await engine.docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = (await made.start({ hijack: true, stdin: false })) as Duplex;
    const frames = new Frames();
    for await (const chunk of stream) {
      for (const { stream: name, bytes } of frames.push(chunk as Buffer)) {
        if (!out[name].write(bytes)) await once(out[name], 'drain');
      }
    }
    return (await made.inspect()).ExitCode ?? 0;
  });
}
