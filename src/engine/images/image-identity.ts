import { isImageReference, parseImageReference } from '../../shared/image-reference.ts';

/** The names of an image's content, on one engine. */
export interface ImageIdentity {
  id: string;
  /** Digests by which registries have it: `localhost:5000/app@sha256:…`. */
  repoDigests: readonly string[];
}

/**
 * Returns whether two engines have the same image. Their ids are compared, and the digests where ids are of two kinds: an engine with
 * Docker's own image store names an image by its configuration, one with containerd's by its digest.
 */
export function isSameImage(one: ImageIdentity, other: ImageIdentity): boolean {
  if (one.id === other.id) return true;
  if (hasDigestAsId(one) === hasDigestAsId(other)) return false;
  const digests = new Set(one.repoDigests.map(digestOf));
  return other.repoDigests.some((one) => digests.has(digestOf(one)));
}

/**
 * Returns the reference by which another engine can pull exactly this image: its repository's where that has a digest, else that of
 * another repository that has the image. Undefined where no registry has it, as far as the engine knows.
 * @param reference by which the image was found
 */
export function findPullableDigest(reference: string, { repoDigests }: ImageIdentity): string | undefined {
  const { repository, digest } = parseImageReference(reference);
  if (isBundled(repository)) return undefined;
  const usable = repoDigests
    .filter((one) => one.includes('@') && isImageReference(one))
    .map((text) => ({ text, ...parseImageReference(text) }))
    .filter((one) => !isBundled(one.repository) && (digest === undefined || one.digest === digest));
  return (usable.find((one) => one.repository === repository) ?? usable[0])?.text;
}

const digestOf = (reference: string): string => reference.slice(reference.indexOf('@') + 1);

const hasDigestAsId = ({ id, repoDigests }: ImageIdentity): boolean => repoDigests.some((one) => digestOf(one) === id);

/** Devnet makes these itself, and no registry has them: containerd's image store gives every image a digest. */
const isBundled = (repository: string): boolean => /^docker\.io\/library\/devnet-/.test(repository);
