// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how a Dockerfile writes a variable.
import { expect, test } from 'vitest';
import { parseDockerfileBases, replaceDockerfileBases } from '../../../src/engine/images/dockerfile.ts';

test.each<[string, string, [line: number, reference: string][]]>([
  ['one base', 'FROM python:3-slim\nCOPY a /a\n', [[0, 'python:3-slim']]],
  ['lower case, spaces, CRLF', '  from   python:3-slim  \r\nCOPY a /a\r\n', [[0, 'python:3-slim']]],
  ['a platform and a name', 'FROM --platform=linux/amd64 node:20 AS build', [[0, 'node:20']]],
  ['scratch is none', 'FROM scratch', []],
  ['its own stages are none', 'FROM golang AS build\nFROM Build\nFROM scratch', [[0, 'golang']]],
  ['a default of ARG', 'ARG BASE=node:20\nFROM ${BASE}', [[1, 'node:20']]],
  ['a quoted one, without braces', 'ARG BASE="node:20"\nFROM $BASE', [[1, 'node:20']]],
  ['a default at the place', 'ARG V\nFROM node:${V:-20}', [[1, 'node:20']]],
  [
    'an ARG inside a stage sets nothing',
    'ARG B=a\nFROM $B\nARG B=b\nFROM $B',
    [
      [1, 'a'],
      [3, 'a'],
    ],
  ],
  ['comments are none', '# FROM a\nFROM b', [[1, 'b']]],
  ['a registry with a port, a digest', 'FROM localhost:5000/x@sha256:0a', [[0, 'localhost:5000/x@sha256:0a']]],
])('finds the bases: %s', (_, text, bases) => {
  expect(parseDockerfileBases(text).map(({ line, reference }) => [line, reference])).toEqual(bases);
});

test('replaces bases where they stand, and nothing else', () => {
  const text = 'ARG BASE=node:20\nFROM ${BASE} AS build\nRUN echo FROM ${BASE}\nFROM debian\r\n';
  expect(
    replaceDockerfileBases(
      text,
      new Map([
        [1, 'a$&b'],
        [3, 'c'],
      ]),
    ),
  ).toBe('ARG BASE=node:20\nFROM a$&b AS build\nRUN echo FROM ${BASE}\nFROM c\r\n');
});
