import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDocumentPath, parseDocumentPath } from '../../../src/topology/document/document-path.ts';

it.each([
  ['nodes.a.port', ['nodes', 'a', 'port']],
  ['links[2].to', ['links', 2, 'to']],
  ['env["A.B"]', ['env', 'A.B']],
  ['', []],
])('a path is written as %s', (text, path) => {
  expect(formatDocumentPath(path)).toBe(text);
  expect(parseDocumentPath(text)).toEqual(path);
});

it('any path is parsed back from its text', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.nat())), (path) => {
      expect(parseDocumentPath(formatDocumentPath(path))).toEqual(path);
    }),
  );
});
