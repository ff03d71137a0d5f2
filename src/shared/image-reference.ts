import { DevnetError } from './errors.ts';

// Image references as github.com/distribution/reference parses them: [DOMAIN[:PORT]/]PATH[:TAG][@DIGEST].

const DOMAIN_COMPONENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const TAG = '\\w[\\w.-]{0,127}';
const DIGEST = 'sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}';

/** Longest domain and path together. */
const MAX_NAME_LENGTH = 255;

/** Matches every reference but for the length of its name, see {@link isImageReference}. */
export const IMAGE_REFERENCE_PATTERN = new RegExp(
  `^(?:${DOMAIN}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*(?::${TAG})?(?:@(?:${DIGEST}))?$`,
);

/** The parts of a reference, as far as they can be told apart without being valid. */
interface ReferenceParts {
  /** Host of a registry, with its port; absent for Docker Hub. */
  domain?: string;
  path: string;
  tag?: string;
  digest?: string;
}

/** Returns whether `text` is a reference. */
export function isImageReference(text: string): boolean {
  const { domain, path } = splitReference(text);
  const length = path.length + (domain === undefined ? 0 : domain.length + 1);
  return length <= MAX_NAME_LENGTH && IMAGE_REFERENCE_PATTERN.test(text);
}

/**
 * Checks a reference that a person gave.
 * @param what says where, for the message: `--image`
 * @throws DevnetError `usage`
 */
export function assertImageReference(text: string, what: string): void {
  if (isImageReference(text)) return;
  const hint = explainImageReference(text);
  throw new DevnetError('usage', `expected the name of an image for ${what}, got "${text}"`, {
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Registry whose images need no domain. */
const DEFAULT_REGISTRY = 'docker.io';

/** Returns the registry that a reference names: `docker.io` unless its first component looks like a host. */
export function registryOf(reference: string): string {
  const { domain = DEFAULT_REGISTRY } = splitReference(reference);
  return domain === 'index.docker.io' ? DEFAULT_REGISTRY : domain;
}

/** Splits a valid reference. The repository has all of its parts: `docker.io/library/node` for `node:20`. */
export function parseImageReference(reference: string): { repository: string; tag?: string; digest?: string } {
  const { path, tag, digest } = splitReference(reference);
  const registry = registryOf(reference);
  const library = registry === DEFAULT_REGISTRY && !path.includes('/') ? 'library/' : '';
  return {
    repository: `${registry}/${library}${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Says what is wrong with text that is no reference: what was probably meant, or the rule that its first wrong part breaks. */
export function explainImageReference(text: string): string | undefined {
  const meant = nearestReference(text);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  const { domain, path, tag, digest } = splitReference(text);
  if (domain !== undefined && !new RegExp(`^(?:${DOMAIN})$`).test(domain))
    return `a registry is HOST or HOST:PORT, not "${domain}"`;
  const component = path.split('/').find((one) => !new RegExp(`^${PATH_COMPONENT}$`).test(one));
  if (component !== undefined && text !== '')
    return `between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "${component}"`;
  if (tag !== undefined && !new RegExp(`^${TAG}$`).test(tag))
    return `a tag is at most 128 letters, digits, _ . and -, not starting with . or -, not "${tag}"`;
  if (digest !== undefined && !new RegExp(`^(?:${DIGEST})$`).test(digest))
    return `a digest is sha256: and 64 hexadecimal digits, not "${digest}"`;
  return path.length > MAX_NAME_LENGTH ? `a name has at most ${MAX_NAME_LENGTH} characters` : undefined;
}

/** Corrects what people paste: addresses of web pages, spaces, doubled or trailing slashes, capitals. */
function nearestReference(text: string): string | undefined {
  const tidy = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/\/{2,}/g, '/')
    .replace(/^\/|[/:@]+$/g, '');
  const { domain, path, tag, digest } = splitReference(tidy);
  const candidate = [
    domain === undefined ? '' : `${domain}/`,
    path.toLowerCase(),
    tag === undefined ? '' : `:${tag}`,
    digest === undefined ? '' : `@${digest}`,
  ].join('');
  return candidate !== text && isImageReference(candidate) ? candidate : undefined;
}

function splitReference(text: string): ReferenceParts {
  const [name = '', ...digests] = text.split('@');
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const untagged = hasTag ? name.slice(0, colon) : name;
  const slash = untagged.indexOf('/');
  const first = untagged.slice(0, Math.max(slash, 0));
  // As Docker tells a registry from the first part of a path.
  const hasDomain = slash >= 0 && (/[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  return {
    ...(hasDomain ? { domain: first } : {}),
    path: hasDomain ? untagged.slice(slash + 1) : untagged,
    ...(hasTag ? { tag: name.slice(colon + 1) } : {}),
    ...(digests.length > 0 ? { digest: digests.join('@') } : {}),
  };
}
