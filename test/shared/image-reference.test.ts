import { expect, test } from 'vitest';
import { explainImageReference, isImageReference, registryOf } from '../../src/shared/image-reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

// Cases of the grammar of github.com/distribution/reference, in words of our own.
test.each([
  'node',
  'node:20',
  'node:20-bookworm-slim',
  'library/node',
  'a/b/c/d/e',
  'a.b/c',
  'a-b_c.d--e__f',
  'localhost/x',
  'localhost:5055/h5/x:1',
  'registry.example:5000/team/node:1.0',
  'REGISTRY.example/x',
  '127.0.0.1:5000/x',
  '[::1]:5000/x',
  '[2001:db8::1]/x',
  'xn--n3h.example/x',
  `node@${DIGEST}`,
  `registry.example/x:1@${DIGEST}`,
  `${'a'.repeat(255)}`,
  `x:${'t'.repeat(128)}`,
  `${'a'.repeat(250)}@${DIGEST}`,
  DIGEST,
  DIGEST.slice(7),
])('%s is a reference', (text) => {
  expect(isImageReference(text)).toBe(true);
});

test.each<[text: string, registry: string]>([
  ['node', 'docker.io'],
  ['team/node', 'docker.io'],
  ['docker.io/library/node', 'docker.io'],
  ['index.docker.io/library/node', 'docker.io'],
  ['localhost/x', 'localhost'],
  ['localhost:5055/h5/x:1', 'localhost:5055'],
  ['registry.example/x', 'registry.example'],
  ['[::1]:5000/x', '[::1]:5000'],
  ['x:5000', 'docker.io'],
])('%s is of the registry %s', (text, registry) => {
  expect(registryOf(text)).toBe(registry);
});

test.each<[text: string, hint: string | undefined]>([
  ['docker.io//library/x', 'did you mean "docker.io/library/x"?'],
  ['https://hub.example/x', 'did you mean "hub.example/x"?'],
  ['docker://x', 'did you mean "x"?'],
  ['docker://docker.io/library/x:1', 'did you mean "docker.io/library/x:1"?'],
  ['oci://hub.example/x/', 'did you mean "hub.example/x"?'],
  [' x ', 'did you mean "x"?'],
  ['/x', 'did you mean "x"?'],
  ['x/', 'did you mean "x"?'],
  ['x:', 'did you mean "x"?'],
  ['x@', 'did you mean "x"?'],
  ['MyNode:1.0', 'did you mean "mynode:1.0"?'],
  ['hub.example/Team/Node', 'did you mean "hub.example/team/node"?'],
  ['h5/../x', 'between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not ".."'],
  ['../x', 'a registry is HOST or HOST:PORT, not ".."'],
  ['x y', 'between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "x y"'],
  ['a..b', 'between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "a..b"'],
  ['-x', 'between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "-x"'],
  ['x:1:2', 'between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "x:1"'],
  ['hub.example:port/x', 'a registry is HOST or HOST:PORT, not "hub.example:port"'],
  ['[::1/x', 'a registry is HOST or HOST:PORT, not "[::1"'],
  ['x:-1', 'a tag is at most 128 letters, digits, _ . and -, not starting with . or -, not "-1"'],
  ['x:a b', 'a tag is at most 128 letters, digits, _ . and -, not starting with . or -, not "a b"'],
  ['x@sha256:12', 'a digest is sha256: and 64 hexadecimal digits, not "sha256:12"'],
  [`x@${DIGEST.toUpperCase()}`, `a digest is sha256: and 64 hexadecimal digits, not "${DIGEST.toUpperCase()}"`],
  ['x@md5:00000000000000000000000000000000', undefined],
  ['a'.repeat(256), 'a name has at most 255 characters'],
  ['', undefined],
])('%j is no reference', (text, hint) => {
  expect(isImageReference(text)).toBe(false);
  if (hint !== undefined) expect(explainImageReference(text)).toBe(hint);
});

test('text of any length is checked in time that grows with its length', () => {
  for (const text of ['a'.repeat(1e6), 'a-'.repeat(1e6), 'a.'.repeat(1e6), '/'.repeat(1e6), `${'a/'.repeat(1e6)}:`])
    expect(isImageReference(text)).toBe(false);
});
