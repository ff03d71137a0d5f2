import { describe, expect, it } from 'vitest';
import { findPullableDigest, type ImageIdentity, isSameImage } from '../../../src/engine/images/image-identity.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const image = (id: string, ...repoDigests: string[]): ImageIdentity => ({ id: digest(id), repoDigests });

describe('findPullableDigest', () => {
  const here = `localhost:5000/app@${digest('1')}`;
  const hub = `node@${digest('2')}`;
  it.each<[string, string, string[], string | undefined]>([
    ['of its repository', 'localhost:5000/app:1', [hub, here], here],
    ['of Docker Hub, named in full', 'docker.io/library/node:20', [here, hub], hub],
    ['of an organization at Docker Hub', 'me/app', [here, `me/app@${digest('3')}`], `me/app@${digest('3')}`],
    ['of another repository, for an image with a tag of its own', 'app:dev', [here], here],
    ['the very one of the reference', `node@${digest('2')}`, [`node@${digest('1')}`, hub], hub],
    ['none but that of the reference', `node@${digest('3')}`, [hub], undefined],
    ['none for an image that no registry has', 'app:dev', [], undefined],
    ['none where the engine has lost it', 'app:dev', ['<none>@<none>', 'app:dev'], undefined],
    ['none for images that devnet makes', 'devnet-node:1', [`devnet-node@${digest('1')}`], undefined],
    ['none under the name of such an image', 'app:dev', [`devnet-node@${digest('1')}`], undefined],
    [
      'of a registry that has an image of such a name',
      'r.io/devnet-x',
      [`r.io/devnet-x@${digest('1')}`],
      `r.io/devnet-x@${digest('1')}`,
    ],
    ['for an id', digest('9'), [hub], hub],
  ])('is %s: %s', (_, reference, repoDigests, expected) => {
    expect(findPullableDigest(reference, image('9', ...repoDigests))).toBe(expected);
  });
});

describe('isSameImage', () => {
  const docker = image('a', `app@${digest('d')}`);
  const containerd = image('d', `app@${digest('d')}`);
  it.each<[string, boolean, ImageIdentity, ImageIdentity]>([
    ['one id', true, docker, image('a')],
    ['two ids of one digest, of one kind: two variants of an image', false, docker, image('b', `app@${digest('d')}`)],
    ['two ids without digests', false, image('a'), image('b')],
    ['ids of two kinds, one digest', true, docker, containerd],
    ['ids of two kinds, one digest in two repositories', true, containerd, image('a', `r.io/app@${digest('d')}`)],
    ['ids of two kinds, two digests', false, docker, image('e', `app@${digest('e')}`)],
    ['two digests as ids', false, containerd, image('e', `app@${digest('e')}`)],
  ])('compares %s: %s', (_, expected, one, other) => {
    expect(isSameImage(one, other)).toBe(expected);
    expect(isSameImage(other, one)).toBe(expected);
  });
});
