import { describe, expect, it, vi } from 'vitest';
import { httpStatusOf, toEngineError } from '../../../src/engine/connection/engine-error.ts';
import { DevnetError } from '../../../src/shared/errors.ts';

/** Returns the error that the client rejects with when the engine refuses. */
const refusal = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) ${message}`), { statusCode, json: { message } });
const broken = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('toEngineError', () => {
  it.each<[string, string, unknown]>([
    [
      'name_taken',
      'Docker',
      refusal(
        409,
        'Conflict. The container name "/x" is already in use by container "2ee096". You have to remove (or rename) that container to be able to reuse that name.',
      ),
    ],
    [
      'name_taken',
      'Podman',
      refusal(
        500,
        'container create: creating container storage: the container name "x" is already in use by 2ee096. You have to remove that container to be able to reuse that name: that name is already in use',
      ),
    ],
    ['name_taken', 'Podman, renaming', refusal(409, 'renaming container 2ee096: name y already in use, cannot rename')],
    ['subnet_taken', 'Docker', refusal(403, 'Pool overlaps with other one on this address space')],
    ['subnet_taken', 'Podman', refusal(500, 'subnet 10.88.0.0/16 is already used on the host or by another config')],
    ['image_missing', 'Docker', refusal(404, 'No such image: no-such:1')],
    ['image_missing', 'Podman', refusal(404, 'no such image: docker.io/library/no-such:1: image not known')],
    ['disk_full', 'both', refusal(500, 'write /var/lib/x: no space left on device')],
    ['engine_failed', 'a port, not a name', refusal(500, 'listen tcp 0.0.0.0:80: bind: address already in use')],
    ['engine_missing', 'nobody', broken('ECONNREFUSED')],
    ['engine_denied', 'the kernel', broken('EACCES')],
    ['engine_gone', 'nobody any more', broken('ECONNRESET')],
  ])('is %s, as %s says it', (code, _, cause) => {
    const failure = toEngineError(cause, 'create the container x');
    expect(failure).toBeInstanceOf(DevnetError);
    expect(failure).toMatchObject({ code, cause });
  });

  it.each([
    ['', 'docker/engine up'],
    ['tcp://10.0.0.1:2375', 'start that engine again'],
  ])('says how to start the engine that was chosen: %j', (host, hint) => {
    vi.stubEnv('DOCKER_HOST', host);
    vi.stubEnv('DOCKER_CONTEXT', 'default');
    expect(toEngineError(broken('ECONNREFUSED'), 'do it').hint).toBe(hint);
    expect(toEngineError(broken('ECONNRESET'), 'do it').hint).toBe(`${hint}, then devnet down to remove the rest`);
    vi.unstubAllEnvs();
  });

  it('returns a DevnetError as it is', () => {
    const ours = new DevnetError('disk_full', 'full');
    expect(toEngineError(ours, 'do it')).toBe(ours);
  });

  it("keeps the engine's sentence, and the status", () => {
    const cause = refusal(500, 'the moon is full ');
    expect(toEngineError(cause, 'start n1').message).toBe('could not start n1: the moon is full');
    expect(httpStatusOf(cause)).toBe(500);
  });
});
