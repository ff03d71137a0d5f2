import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostics, TopologyError } from '../../../src/topology/document/diagnostic.ts';
import { parseTopology, parseTopologyObject } from '../../../src/topology/parse/parse-topology.ts';
import { root } from '../../support/paths.ts';

function errorOf(action: () => unknown): TopologyError {
  try {
    action();
  } catch (error) {
    if (error instanceof TopologyError) return error;
    throw error;
  }
  throw new Error('expected mistakes');
}

const mistakesOf = (text: string) => errorOf(() => parseTopology(text, { file: 'x.yaml', name: 'x' }));

/** line:column+length message = hint */
const brief = ({ place, message, hint }: Diagnostic) =>
  `${place?.line}:${place?.column}+${place?.length} ${message}${hint === undefined ? '' : ` = ${hint}`}`;

/** A file, and everything that is wrong with it. */
const wrong: Record<string, [text: string, ...mistakes: string[]][]> = {
  'the notation': [
    ['', '1:1+1 expected a map with "nodes" and "links", got nothing'],
    ['# only a comment\n', '1:1+1 expected a map with "nodes" and "links", got nothing'],
    ['- a', '1:1+3 expected a map with "nodes" and "links", got a list'],
    ['text', '1:1+4 expected a map with "nodes" and "links", got "text"'],
    ['nodes: [a]\nnodes: [b]', '2:1+5 expected every key once, got "nodes" again = the first one is in line 1'],
    ['nodes: {a: , a: }', '1:14+1 expected every key once, got "a" again = the first one is in line 1'],
    ['nodes:\n  a:\n  b:\n  a:', '4:3+1 expected every key once, got "a" again = the first one is in line 2'],
    ['nodes:\n  1:\n  "1":', '3:3+3 expected every key once, got "1" again = the first one is in line 2'],
    ['nodes:\n  a:\n  ? a\n  : {}\n', '3:5+1 expected every key once, got "a" again = the first one is in line 2'],
    [
      'nodes: { a: &b { env: { X: 1,\n  X: 2, X: 3 } }, c: *b }',
      '2:3+1 expected every key once, got "X" again = the first one is in line 1',
      '2:9+1 expected every key once, got "X" again = the first one is in line 1',
    ],
    ['nodes:\n\ta: 1', '2:1+1 expected spaces, got a tab = YAML is indented with spaces only'],
    [
      'nodes: [a]\n---\nnodes: [b]',
      '2:1+3 expected one document, got another after --- = put each topology into a file of its own',
    ],
    ['nodes: [a', '1:10+1 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['nodes: "a', '1:10+1 not YAML: Missing closing "'],
    ['nodes: *x', '1:8+2 expected an anchor defined above, got *x'],
    ['nodes: &x [*x]', '1:12+2 an anchor cannot contain itself, got *x'],
    ['nodes: !set [a]', '1:8+4 tags are not part of a topology file: Unresolved tag: !set'],
    [
      'nodes: [a]\nlinks: * -> a',
      '2:8+1 expected the name of an anchor after * = put text that starts with * in quotes',
      '2:10+4 not YAML: Unexpected scalar at node end',
    ],
    ['nodes: {? [a] : }', '1:11+1 expected a plain key, got a list or a map'],
    ['%FOO\n---\nnodes: [a]', '1:1+4 not YAML: Unknown directive %FOO'],
  ],
  'the file': [
    ['nam: x\nnodes: [a]', '1:1+3 unknown key "nam" = did you mean "name"?'],
    ['nodes: [a]\nlink: ring', '2:1+4 unknown key "link" = did you mean "links"?'],
    ['nodes: [a]\nport: 3000', '2:1+4 unknown key "port" = it belongs to a node, or under "defaults" for all of them'],
    [
      'nodes: [a]\nzzz: 1',
      '2:1+3 unknown key "zzz" = known keys: name, nodes, defaults, groups, links, conditions, engine, shaping, scenario, subnet, internal, encrypted, capture',
    ],
    [
      'nodes: { a: &d { port: 1 }, b: { <<: *d } }',
      '1:34+2 unknown key "<<" = merge keys are not part of YAML 1.2: use "defaults"',
    ],
    [
      'nodes: { a: { build: ./a } }',
      '1:15+5 unknown key "build" = make an image first, with devnet build FOLDER, and name it as "image"',
    ],
    ['links: []', '1:1+9 missing key "nodes": expected a count, a list of names, or a map of names to settings'],
    [
      'name: Big\nnodes: [a]',
      '1:7+3 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "Big" = did you mean "big"?',
    ],
    [
      'name: 7\nnodes: [a]',
      '1:7+1 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got 7 = put it in quotes: "7"',
    ],
    ['nodes: [a]\nshaping: fast', '2:10+4 expected auto, kernel or relay, got "fast" = known: auto, kernel, relay'],
    ['nodes: [a]\nscenario: { at: 1s }', '2:11+10 expected a list of steps, got a map'],
    ['nodes: [a]\nscenario: ', '2:1+8 expected a list of steps, got nothing'],
    [
      'nodes: [a]\ndelay: 3ms',
      '2:1+5 unknown key "delay" = it belongs to a link, or under "default" of "conditions" for all of them',
    ],
    ['nodes: [a]\ninternal: yes', '2:11+3 expected true or false, got "yes" = did you mean true?'],
    ['nodes: [a]\ninternal: OFF', '2:11+3 expected true or false, got "OFF" = did you mean false?'],
    ['nodes: [a]\ninternal: "true"', '2:11+6 expected true or false, got "true" = did you mean true?'],
    ['nodes: [a]\ninternal: maybe', '2:11+5 expected true or false, got "maybe"'],
    ['nodes: [a]\ndefaults: 3', '2:11+1 expected a map of settings, got 3'],
    [
      '__proto__: 1\nnodes: { __proto__: , a: { env: { __proto__: 1 } } }',
      '1:1+9 the key "__proto__" cannot be used',
      '2:10+9 the key "__proto__" cannot be used',
      '2:35+9 the key "__proto__" cannot be used',
    ],
  ],
  nodes: [
    ['nodes:', '1:1+5 expected a count, a list of names, or a map of names to settings, got nothing'],
    [
      'nodes: 20',
      '1:8+2 expected a count, a list of names, or a map of names to settings, got 20 = did you mean { count: 20 }?',
    ],
    ['nodes: a', '1:8+1 expected a count, a list of names, or a map of names to settings, got "a"'],
    ['nodes: []', '1:8+2 expected a count, a list of names, or a map of names to settings, got an empty list'],
    ['nodes: {}', '1:8+2 expected a count, a list of names, or a map of names to settings, got an empty map'],
    ['nodes: [a, b, a]', '1:15+1 expected every name once, got "a" again'],
    [
      'nodes: [Node_A, 3, a b, { a: }]',
      '1:9+6 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "Node_A" = did you mean "node-a"?',
      '1:17+1 expected the name of a node, got 3 = put it in quotes: "3"',
      '1:20+3 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "a b" = did you mean "a-b"?',
      '1:25+6 expected the name of a node, got a map = nodes with settings go into a map: nodes: { a: { port: 4000 } }',
    ],
    ['nodes: { count: 0 }', '1:17+1 expected a whole number from 1 to 10000, got 0'],
    ['nodes: { count: 2.5 }', '1:17+3 expected a whole number from 1 to 10000, got 2.5'],
    ['nodes: { count: 1e9 }', '1:17+3 expected a whole number from 1 to 10000, got 1e9'],
    ['nodes: { count: "3" }', '1:17+3 expected a whole number from 1 to 10000, got "3" = write it without quotes: 3'],
    [
      'nodes: [0755, 1.10, 1e3, 0x1F, true, ~, -1, .nan]',
      '1:9+4 expected the name of a node, got 0755 = put it in quotes: "0755"',
      '1:15+4 expected the name of a node, got 1.10 = did you mean "1-10"?',
      '1:21+3 expected the name of a node, got 1e3 = put it in quotes: "1e3"',
      '1:26+4 expected the name of a node, got 0x1F = did you mean "0x1f"?',
      '1:32+4 expected the name of a node, got true = put it in quotes: "true"',
      '1:38+1 expected the name of a node, got nothing',
      '1:41+2 expected the name of a node, got -1 = did you mean "1"?',
      '1:45+4 expected the name of a node, got .nan = did you mean "nan"?',
    ],
    ['nodes: { a: { count: 9999 }, b: { count: 2 } }', '1:1+5 expected at most 10000 nodes, got 10001'],
    ['nodes: { count: }', '1:10+5 expected a whole number from 1 to 10000, got nothing'],
    ['nodes: { prefix: x, port: 3 }', '1:8+22 missing key "count": expected a whole number from 1 to 10000'],
    ['nodes: { count: 2, prefix: -x }', '1:28+2 expected a prefix of lower-case letters, digits and hyphens, got "-x"'],
    ['nodes: { count: 2, prefx: x }', '1:20+5 unknown key "prefx" = did you mean "prefix"?'],
    ['nodes: { a1: , a: { count: 2 } }', '1:16+1 expected every name once, got "a1" again'],
    ['nodes: { w1: { count: 1 }, w: { count: 2 } }', '1:10+2 "w1" is both a node and a group'],
    ['nodes: { "-": { count: 2 } }', '1:10+3 expected a prefix of lower-case letters, digits and hyphens, got "-"'],
    [
      'nodes: { abcdefghijklmnopqrstuvwxyzabcdefghijklmn: { count: 10 } }',
      '1:10+40 expected a prefix of lower-case letters, digits and hyphens, got "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"',
    ],
    ['nodes: { a: 3 }', '1:13+1 expected a map of settings, got 3'],
    ['nodes: { a: [] }', '1:13+2 expected a map of settings, got an empty list'],
  ],
  settings: [
    ['nodes: { a: { image: 3 } }', '1:22+1 expected the name of an image, got 3 = put it in quotes: "3"'],
    ['nodes: { a: { image: "" } }', '1:22+2 expected the name of an image, got ""'],
    [
      'nodes: { a: { image: a b } }',
      '1:22+3 expected the name of an image, got "a b" = between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not "a b"',
    ],
    [
      'defaults: { image: docker.io//library/x }\nnodes: [a]',
      '1:20+20 expected the name of an image, got "docker.io//library/x" = did you mean "docker.io/library/x"?',
    ],
    [
      'nodes: { count: 2, image: "https://hub.example/x" }',
      '1:27+23 expected the name of an image, got "https://hub.example/x" = did you mean "hub.example/x"?',
    ],
    [
      'nodes: { w: { count: 2, image: h5/../x } }',
      '1:32+7 expected the name of an image, got "h5/../x" = between slashes stand lower-case letters and digits, with a . _ __ or dashes inside, not ".."',
    ],
    [
      'nodes: { a: { command: 3 } }',
      '1:24+1 expected a list of strings, or plain words without quotes or shell signs, got 3 = put it in quotes: "3"',
    ],
    [
      'nodes: { a: { command: [] } }',
      '1:24+2 expected a list of strings, or plain words without quotes or shell signs, got an empty list',
    ],
    [
      'nodes: { a: { command: "sh -c \'x\'" } }',
      '1:24+11 expected a list of strings, or plain words without quotes or shell signs, got "sh -c \'x\'"',
    ],
    [
      'nodes: { a: { command: echo $HOME } }',
      '1:24+10 expected a list of strings, or plain words without quotes or shell signs, got "echo $HOME"',
    ],
    [
      'nodes: { a: { command: [sleep, 1.0] } }',
      '1:32+3 expected a list of strings, or plain words without quotes or shell signs, got 1.0 = put it in quotes: "1.0"',
    ],
    ['nodes: { a: { env: [A=1] } }', '1:20+5 expected a map of variables to values, got a list'],
    [
      'nodes: { a: { env: { 1A: x } } }',
      '1:22+2 expected a variable name of letters, digits and _ . -, not starting with a digit, got "1A"',
    ],
    ['nodes: { a: { env: { A: } } }', '1:22+1 expected a string, a number, true or false, got nothing'],
    [
      'nodes: { a: { env: { A: 1.10 } } }',
      '1:25+4 expected text, got 1.10, which YAML reads as the number 1.1 = put it in quotes: "1.10"',
    ],
    ['nodes: { a: { env: { A: [1] } } }', '1:25+3 expected a string, a number, true or false, got a list'],
    ['nodes: { a: { port: http } }', '1:21+4 expected a port, a whole number from 1 to 65535, got "http"'],
    ['nodes: { a: { port: 0 } }', '1:21+1 expected a port, a whole number from 1 to 65535, got 0'],
    ['nodes: { a: { port: 65536 } }', '1:21+5 expected a port, a whole number from 1 to 65535, got 65536'],
    ['nodes: { a: { port: 80.5 } }', '1:21+4 expected a port, a whole number from 1 to 65535, got 80.5'],
    [
      'nodes: { a: { memory: 64 } }',
      '1:23+2 expected a memory size of at least 6m, such as 64m or 1.5g, got 64 = did you mean 64m?',
    ],
    ['nodes: { a: { memory: 0 } }', '1:23+1 expected a memory size of at least 6m, such as 64m or 1.5g, got 0'],
    ['nodes: { a: { memory: 5m } }', '1:23+2 expected a memory size of at least 6m, such as 64m or 1.5g, got "5m"'],
    ['nodes: { a: { memory: lots } }', '1:23+4 expected a memory size of at least 6m, such as 64m or 1.5g, got "lots"'],
    [
      'nodes: { a: { memory: 64t } }',
      '1:23+3 expected a memory size of at least 6m, such as 64m or 1.5g, got "64t" = did you mean 65536g?',
    ],
    [
      'nodes: { a: { memory: 128Mi } }',
      '1:23+5 expected a memory size of at least 6m, such as 64m or 1.5g, got "128Mi" = did you mean 128m?',
    ],
    [
      'nodes: { a: { memory: 512Ki } }',
      '1:23+5 expected a memory size of at least 6m, such as 64m or 1.5g, got "512Ki"',
    ],
    [
      'nodes: { a: { memory: "64" } }',
      '1:23+4 expected a memory size of at least 6m, such as 64m or 1.5g, got "64" = did you mean 64m?',
    ],
    ['nodes: { a: { memory: -1 } }', '1:23+2 expected a memory size of at least 6m, such as 64m or 1.5g, got -1'],
    [
      'nodes: { a: { constraints: [region = eu] } }',
      '1:29+11 expected conditions on labels of hosts, such as [region == eu, disk != hdd], got "region = eu"',
    ],
    ['nodes: { a: { cpus: 0 } }', '1:21+1 expected a number of cores, at least 0.01, got 0'],
    ['nodes: { a: { cpus: .inf } }', '1:21+4 expected a number of cores, at least 0.01, got .inf'],
    [
      'nodes: { a: { cpus: 500m } }',
      '1:21+4 expected a number of cores, at least 0.01, got "500m" = did you mean 0.5?',
    ],
    [
      'nodes: { a: { cpus: "0.5" } }',
      '1:21+5 expected a number of cores, at least 0.01, got "0.5" = write it without quotes: 0.5',
    ],
    [
      'nodes: { a: { port: "3000" } }',
      '1:21+6 expected a port, a whole number from 1 to 65535, got "3000" = write it without quotes: 3000',
    ],
    ['nodes: { a: { cpus: two } }', '1:21+3 expected a number of cores, at least 0.01, got "two"'],
    [
      'nodes: { a: { labels: { devnet.x: 1 } } }',
      '1:25+8 expected a label of letters, digits and inner . _ / -, not starting with devnet. (reserved), got "devnet.x"',
    ],
    [
      'nodes: { a: { labels: { a b: 1 } } }',
      '1:25+3 expected a label of letters, digits and inner . _ / -, not starting with devnet. (reserved), got "a b"',
    ],
    [
      'nodes: { a: { labels: { v: 0x10 } } }',
      '1:28+4 expected text, got 0x10, which YAML reads as the number 16 = put it in quotes: "0x10"',
    ],
    ['nodes: { a: { user: a b } }', '1:21+3 expected a user as name, uid or uid:gid, got "a b"'],
    ['nodes: { a: { user: -1 } }', '1:21+2 expected a user as name, uid or uid:gid, got -1'],
    ['nodes: { a: { writable: 1 } }', '1:25+1 expected true or false, got 1 = did you mean true?'],
    [
      'nodes: { a: { capabilities: NET_RAW } }',
      '1:29+7 expected a list of Linux capabilities such as NET_RAW, got "NET_RAW"',
    ],
    [
      'nodes: { a: { capabilities: [CAP_NET_RAW] } }',
      '1:30+11 expected a Linux capability such as NET_RAW, got "CAP_NET_RAW" = did you mean "NET_RAW"?',
    ],
    [
      'nodes: { a: { capabilities: [NET_ADMN] } }',
      '1:30+8 expected a Linux capability such as NET_RAW, got "NET_ADMN" = did you mean "NET_ADMIN"?',
    ],
    ['nodes: { a: { capabilities: [ALL] } }', '1:30+3 expected a Linux capability such as NET_RAW, got "ALL"'],
    ['nodes: { a: { pids: 0 } }', '1:21+1 expected a whole number from 1 to 4194304, got 0'],
    ['nodes: { a: { mem: 64m } }', '1:15+3 unknown key "mem" = did you mean "memory"?'],
    ['nodes: { a: { environment: {} } }', '1:15+11 unknown key "environment" = did you mean "env"?'],
    ['nodes: { a: { imgae: x } }', '1:15+5 unknown key "imgae" = did you mean "image"?'],
  ],
  links: [
    ['nodes: [a, b, c]\nlinks: 7', '2:8+1 expected a shape, or a link such as "a -> b", got 7'],
    ['nodes: [a, b, c]\nlinks: ', '2:1+5 expected a shape, or a link such as "a -> b", got nothing'],
    ['nodes: [a, b, c]\nlinks: a', '2:8+1 unknown shape "a" = a link needs two ends: a -> …'],
    ['nodes: [a, b, c]\nlinks: rnig', '2:8+4 unknown shape "rnig" = did you mean "ring"?'],
    ['nodes: [a, b, c]\nlinks: complete', '2:8+8 unknown shape "complete" = did you mean "mesh"?'],
    ['nodes: [a, b, c]\nlinks: [a]', '2:9+1 unknown shape "a" = a link needs two ends: a -> …'],
    ['nodes: [a, b, c]\nlinks: {}', '2:8+2 expected "link", "shape", or "from" and "to"'],
    ['nodes: [a, b, c]\nlinks: { too: a }', '2:8+10 expected "link", "shape", or "from" and "to" = did you mean "to"?'],
    ['nodes: [a, b, c]\nlinks: { from: a }', '2:8+11 missing key "to": expected a name or a list of names'],
    ['nodes: [a, b, c]\nlinks: { from: a, to: b, bth: true }', '2:26+3 unknown key "bth" = did you mean "both"?'],
    [
      'nodes: [a, b, c]\nlinks: { from: a, to: [b, 3] }',
      '2:27+1 expected a name or a list of names, got 3 = put it in quotes: "3"',
    ],
    ['nodes: [a, b, c]\nlinks: { from: a, to: "" }', '2:23+2 expected a name, got ""'],
    ['nodes: [a, b, c]\nlinks: { from: a, to: a }', '2:23+1 "a" cannot dial itself'],
    ['nodes: [a, b, c]\nlinks: a -> z', '2:13+1 unknown node "z" = known nodes: a, b, c'],
    ['nodes: [a, b, c]\nlinks: a -> b, z', '2:16+1 unknown node "z" = known nodes: a, b, c'],
    ['nodes: [a, b, c]\nlinks: b -> a -> zz', '2:18+2 unknown node "zz" = known nodes: a, b, c'],
    ['nodes: [a, b, c]\nlinks: bb -> a', '2:8+2 unknown node "bb" = did you mean "b"?'],
    ['nodes: [a, b, c]\nlinks: A -> b', '2:8+1 unknown node "A" = did you mean "a"?'],
    ['nodes: [a, b, c]\nlinks: a -> a', '2:13+1 "a" cannot dial itself'],
    ['nodes: [a, b, c]\nlinks: a, b -> b, c', '2:16+1 "b" cannot dial itself'],
    ['nodes: [a, b, c]\nlinks: a, a -> b', '2:11+1 "a" is named twice'],
    ['nodes: [a, b, c]\nlinks: a ->', '2:10+2 expected a name after ->'],
    ['nodes: [a, b, c]\nlinks: -> a', '2:8+2 expected a name before ->'],
    ['nodes: [a, b, c]\nlinks: a -> , b', '2:12+1 expected a name beside the comma'],
    [
      'nodes: [a, b, c]\nlinks: a b -> c',
      '2:8+3 expected names between commas and arrows, got "a b" = links are a -> b, a <-> b, or a, b -> c, d',
    ],
    [
      'nodes: [a, b, c]\nlinks: a b',
      '2:8+3 expected names between commas and arrows, got "a b" = links are a -> b, a <-> b, or a, b -> c, d',
    ],
    ['nodes: [a, b, c]\nlinks: a => b', '2:10+2 expected -> or <->, got "=>" = did you mean "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a --> b', '2:10+3 expected -> or <->, got "-->" = did you mean "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a→b', '2:9+1 expected -> or <->, got "→" = did you mean "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a -- > b', '2:10+4 expected -> or <->, got "-- >" = did you mean "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a <- b', '2:10+2 expected -> or <->, got "<-" = did you mean "b -> a"?'],
    ['nodes: [a, b, c]\nlinks: a<=>b', '2:9+3 expected -> or <->, got "<=>" = did you mean "a <-> b"?'],
    ['nodes: [a, b, c]\nlinks: a, b <--> c', '2:13+4 expected -> or <->, got "<-->" = did you mean "a, b <-> c"?'],
    ['nodes: [a, b, c]\nlinks: a -- b', '2:10+2 expected -> or <->, got "--" = did you mean "a <-> b" or "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a--b', '2:9+2 expected -> or <->, got "--" = did you mean "a <-> b" or "a -> b"?'],
    ['nodes: [a, b, c]\nlinks: a - b', '2:10+1 expected -> or <->, got "-" = did you mean "a <-> b" or "a -> b"?'],
    [
      'nodes: [a, b, c]\nlinks: a -> b -- c',
      '2:15+2 expected -> or <->, got "--" = a -> b: a dials b; a <-> b: both dial',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -- b, delay: 5ms }',
      '2:18+2 expected -> or <->, got "--" = did you mean "a <-> b" or "a -> b"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: a-b',
      '2:8+3 expected a shape, or a link such as "a -> b", got "a-b" = did you mean "a <-> b" or "a -> b"?',
    ],
    [
      'nodes: [s-1, s-2]\nlinks: [s-1-s-2, s-1-s-3]',
      '2:9+7 expected a shape, or a link such as "a -> b", got "s-1-s-2" = did you mean "s-1 <-> s-2" or "s-1 -> s-2"?',
      '2:18+7 expected a shape, or a link such as "a -> b", got "s-1-s-3" = did you mean "s-1 <-> s-3" or "s-1 -> s-3"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: b-x',
      '2:8+3 expected a shape, or a link such as "a -> b", got "b-x" = did you mean "b <-> x" or "b -> x"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: ["a:eth1 -- b:eth1"]',
      '2:17+2 expected -> or <->, got "--" = did you mean "a <-> b" or "a -> b"?',
    ],
    ['nodes: [a--b, c]\nlinks: a--b', '2:8+4 unknown shape "a--b" = a link needs two ends: a--b -> …'],
    [
      'nodes: [a, b, c]\nlinks: [[a, b], { b: c }]',
      '2:9+6 expected a shape, or a link such as "a -> b", got a list = did you mean "a -> b" or "a <-> b"?',
      '2:17+8 expected "link", "shape", or "from" and "to" = did you mean "b -> c" or "b <-> c"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { source: a, target: b }',
      '2:8+24 expected "link", "shape", or "from" and "to" = did you mean "from"?',
    ],
    ['nodes: [a, b, c]\nlinks: "a \\u002d> z"', '2:8+13 unknown node "z" = known nodes: a, b, c'],
    [
      'nodes: [a, b, c]\nlinks: { shape: }',
      '2:10+5 expected a shape, got nothing = shapes: line, ring, star, mesh, tree, grid, torus, hypercube, regular, random, small-world, scale-free',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: 3 }',
      '2:17+1 expected a shape, got 3 = shapes: line, ring, star, mesh, tree, grid, torus, hypercube, regular, random, small-world, scale-free',
    ],
    ['nodes: [a, b, c]\nlinks: { shape: erdos-renyi }', '2:17+11 unknown shape "erdos-renyi" = did you mean "random"?'],
    [
      'nodes: [a, b, c]\nlinks: { shape: ring, colour: red }',
      '2:23+6 unknown key "colour" = known keys: shape, over, directed, delay, jitter, loss, rate, duplicate, reorder, corrupt, back',
    ],
    ['nodes: [a, b, c]\nlinks: { shape: ring, over: [a, z] }', '2:33+1 unknown node "z" = known nodes: a, b, c'],
    ['nodes: [a, b, c]\nlinks: { shape: line, over: [a, a] }', '2:33+1 "a" is named twice'],
    [
      'nodes: [a, b, c]\nlinks: { shape: ring, over: [] }',
      '2:29+2 expected a name or a list of names, got an empty list',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: ring, over: [a, b] }',
      '2:17+4 a ring needs at least 3 nodes, got 2 = use shape line',
    ],
    ['nodes: [a, b, c]\nlinks: { shape: star, hub: z }', '2:28+1 unknown node "z" = known nodes: a, b, c'],
    [
      'nodes: [a, b, c]\nlinks: { shape: star, hub: c, over: [a, b] }',
      '2:28+1 the hub "c" is not among the nodes of the shape',
    ],
    ['nodes: [a, b, c]\nlinks: { shape: star, hub: 3 }', '2:28+1 expected the name of a node, got 3'],
    [
      'nodes: [a, b, c]\nlinks: { shape: ring, directed: 1 }',
      '2:33+1 expected true or false, got 1 = did you mean true?',
    ],
    ['nodes: [a, b, c]\nlinks: hypercube', '2:8+9 a hypercube needs a power of two of nodes, got 3 = use 2 or 4 nodes'],
    [
      'nodes: [a, b, c]\nlinks: { shape: grid, columns: 2 }',
      '2:32+1 3 nodes do not make a grid of 2 columns = columns may be 1, 3; or use 2 or 4 nodes',
    ],
    ['nodes: [a, b, c]\nlinks: { shape: grid, columns: 1.5 }', '2:32+3 expected a whole number, at least 1, got 1.5'],
    [
      'nodes: [a, b, c]\nlinks: torus',
      '2:8+5 a torus needs at least 9 nodes, got 3 = use shape grid, or 9 nodes (3 × 3)',
    ],
    ['nodes: [a, b, c]\nlinks: regular', '2:8+7 missing key "degree": expected a whole number, at least 1'],
    [
      'nodes: [a, b, c]\nlinks: { shape: regular, k: 2 }',
      '2:8+24 missing key "degree": expected a whole number, at least 1',
      '2:26+1 unknown key "k" = did you mean "degree"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: regular, degree: 3 }',
      '2:34+1 expected a whole number from 1 to 2 for 3 nodes, got 3',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: regular, degree: 2, seed: -1 }',
      '2:43+2 expected a whole number from 0 to 4294967295, got -1',
    ],
    ['nodes: [a, b, c]\nlinks: random', '2:8+6 a random graph takes either probability or count'],
    ['nodes: [a, b, c]\nlinks: { shape: random, probability: 1.5 }', '2:38+3 expected a number from 0 to 1, got 1.5'],
    [
      'nodes: [a, b, c]\nlinks: { shape: random, probability: 0.5, count: 2 }',
      '2:17+6 a random graph takes either probability or count',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: random, count: 1 }',
      '2:32+1 3 nodes need at least 2 edges to be connected, got 1 = use count: 2 or more, or set connected: false',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: small-world, degree: 2 }',
      '2:8+33 missing key "rewire": expected a number from 0 to 1',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: small-world, degree: 2, rewire: 2 }',
      '2:49+1 expected a number from 0 to 1, got 2',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: scale-free, attach: 3 }',
      '2:37+1 expected a whole number from 1 to 2 for 3 nodes, got 3',
    ],
  ],
  'links among many': [
    ['nodes: { count: 20 }\nlinks: n21 -> n1', '2:8+3 unknown node "n21" = n has n1 to n20'],
    [
      'nodes: { count: 20 }\nlinks: hypercube',
      '2:8+9 a hypercube needs a power of two of nodes, got 20 = use 16 or 32 nodes',
    ],
    [
      'nodes: { count: 10000 }\nlinks: mesh',
      '2:8+4 expected at most 500,000 edges in a shape, got 49,995,000 = use fewer nodes, or a sparser shape',
    ],
    ['nodes: { count: 10000 }\nlinks: n -> n', '2:8+6 expected at most 1,000,000 links in a file, got more'],
    [
      'nodes: { a: { count: 1000 }, b: { count: 501 } }\nlinks: [a -> a, b -> a]',
      '2:17+6 expected at most 1,000,000 links in a file, got more',
    ],
    [
      'nodes: { a: , w: { count: x } }\nlinks: [w1 -> a, w -> a, z -> a, ring]',
      '1:27+1 expected a whole number from 1 to 10000, got "x"',
      '2:26+1 unknown node "z" = known nodes: a',
    ],
    [
      'nodes: [3, a]\nlinks: [3 -> a, z -> a]',
      '1:9+1 expected the name of a node, got 3 = put it in quotes: "3"',
      '2:17+1 unknown node "z" = known nodes: a',
    ],
    [
      'nodes: { Alpha: , b: }\nlinks: [alpha -> b, Alpha -> b]',
      '1:10+5 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "Alpha" = did you mean "alpha"?',
    ],
  ],
  'conditions of links': [
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 50 }',
      '2:31+2 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 50 = did you mean 50ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: "0.2" }',
      '2:31+5 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "0.2" = did you mean 0.2ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 2 sec }',
      '2:31+5 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "2 sec" = did you mean 2s?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 50 MS }',
      '2:31+5 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "50 MS" = did you mean 50ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 0 }',
      '2:31+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 0 = did you mean 0ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 2h }',
      '2:31+2 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "2h"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 3 hours }',
      '2:31+7 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "3 hours"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: -1ms }',
      '2:31+4 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "-1ms"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: fast }',
      '2:31+4 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got "fast"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: [1] }',
      '2:31+3 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got a list',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay:  }',
      '2:24+5 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got nothing',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, loss: 0.01 }',
      '2:30+4 expected a percentage, such as 1% or 0.05%, at most 100%, got 0.01 = did you mean 1% or 0.01%?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, loss: 5 }',
      '2:30+1 expected a percentage, such as 1% or 0.05%, at most 100%, got 5 = did you mean 5%?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, loss: 101% }',
      '2:30+4 expected a percentage, such as 1% or 0.05%, at most 100%, got "101%"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, loss: 101 }',
      '2:30+3 expected a percentage, such as 1% or 0.05%, at most 100%, got 101',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, loss: -1% }',
      '2:30+3 expected a percentage, such as 1% or 0.05%, at most 100%, got "-1%"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 10 }',
      '2:30+2 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got 10 = did you mean 10mbit?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 512000 }',
      '2:30+6 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got 512000 = did you mean 512kbit?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 10mbps }',
      '2:30+6 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "10mbps" = did you mean 10mbit or 80mbit?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 1.5 megabyte/s }',
      '2:30+14 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "1.5 megabyte/s"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 2 MBytes/s }',
      '2:30+10 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "2 MBytes/s" = did you mean 16mbit?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 10 kbit/s }',
      '2:30+9 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "10 kbit/s" = did you mean 10kbit?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 7kbit }',
      '2:30+5 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "7kbit"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, rate: 1tbit }',
      '2:30+5 expected a rate with its unit, such as 10mbit or 512kbit, from 8kbit to 100gbit, got "1tbit"',
    ],
    ['nodes: [a, b, c]\nlinks: { link: a -> b, dely: 5ms }', '2:24+4 unknown key "dely" = did you mean "delay"?'],
    ['nodes: [a, b, c]\nlinks: { link: a -> b, latency: 5ms }', '2:24+7 unknown key "latency" = did you mean "delay"?'],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, bandwidth: 5ms }',
      '2:24+9 unknown key "bandwidth" = did you mean "rate"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, back: 5ms }',
      '2:30+3 expected a map of conditions such as { delay: 50ms, loss: 1% }, got "5ms"',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, back: { dely: 3ms } }',
      '2:32+4 unknown key "dely" = did you mean "delay"?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, both: true }',
      '2:24+4 unknown key "both" = known keys: link, delay, jitter, loss, rate, duplicate, reorder, corrupt, back',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, jitter: 2ms }',
      '2:32+3 expected a delay beside jitter, got none from "a" to "b" = jitter is how much a delay varies',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: none, jitter: 2ms }',
      '2:45+3 expected a delay beside jitter, got none from "a" to "b" = jitter is how much a delay varies',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 1ms, jitter: 2ms }',
      '2:44+3 expected a jitter of at most the delay from "a" to "b", 1ms (2:31), got 2ms',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, delay: 9ms, jitter: 2ms, back: { delay: 1ms } }',
      '2:44+3 expected a jitter of at most the delay from "b" to "a", 1ms (2:64), got 2ms',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> b, reorder: 1% }',
      '2:33+2 expected a delay beside reorder, got none from "a" to "b" = packets overtake others by skipping the delay',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: ring, delay: 5ms }',
      '2:16+4 expected a link such as "a -> b", got "ring" = a shape is { shape: ring, … }',
    ],
    ['nodes: [a, b, c]\nlinks: { link: 3 }', '2:16+1 expected a link such as "a -> b", got 3'],
    [
      'nodes: [a, b, c]\nlinks: { link: a }',
      '2:16+1 expected a link such as "a -> b", got "a" = put an arrow between two names: a -> b',
    ],
    [
      'nodes: [a, b, c]\nlinks: { link: a -> z, delay: 3 }',
      '2:21+1 unknown node "z" = known nodes: a, b, c',
      '2:31+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 3 = did you mean 3ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { from: a, to: b, delay: 3 }',
      '2:33+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 3 = did you mean 3ms?',
    ],
    [
      'nodes: [a, b, c]\nlinks: { shape: ring, delay: 3, back: { loss: 3 } }',
      '2:30+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 3 = did you mean 3ms?',
      '2:47+1 expected a percentage, such as 1% or 0.05%, at most 100%, got 3 = did you mean 3%?',
    ],
    [
      'nodes: [a, b, c]\nlinks:\n- { link: a -> b, delay: 5ms }\n- { link: b -> a, delay: 6ms }',
      '4:26+3 expected one delay from "b" to "a", got 6ms and 5ms (3:26) = packets run both ways over a link: "back" has the conditions from the right to the left',
    ],
    [
      'nodes: [a, b, c]\nlinks:\n- { shape: ring, loss: 1% }\n- { shape: mesh, loss: none, rate: 1mbit }',
      '4:24+4 expected one loss from "a" to "b", got none and 1% (3:24) = packets run both ways over a link: "back" has the conditions from the right to the left',
    ],
    [
      'nodes: [a, b, c]\nlinks:\n- { link: a -> b, rate: 1mbit }\n- { link: a -> b, loss: 1% }\n- { link: a -> b, rate: 2mbit, loss: 2% }',
      '5:25+5 expected one rate from "a" to "b", got 2mbit and 1mbit (3:25) = packets run both ways over a link: "back" has the conditions from the right to the left',
      '5:38+2 expected one loss from "a" to "b", got 2% and 1% (4:25) = packets run both ways over a link: "back" has the conditions from the right to the left',
    ],
    [
      'nodes: { w: { count: 2 } }\nlinks: { link: w -> w, delay: 5ms, back: { delay: 1ms } }',
      '2:31+3 expected one delay from "w2" to "w1", got 5ms and 1ms (2:51) = this item covers that direction twice: give each direction a link of its own',
      '2:51+3 expected one delay from "w1" to "w2", got 1ms and 5ms (2:31) = this item covers that direction twice: give each direction a link of its own',
    ],
  ],
  'conditions in general': [
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: 3',
      '4:13+1 expected a map of "default" and "between", got 3',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: ',
      '4:1+10 expected a map of "default" and "between", got nothing',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { default: 3, betwen: [] }',
      '4:24+1 expected a map of conditions such as { delay: 50ms, loss: 1% }, got 3',
      '4:27+6 unknown key "betwen" = did you mean "between"?',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { default: { delay: 5 } }',
      '4:33+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 5 = did you mean 5ms?',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { delay: 5ms }',
      '4:15+5 unknown key "delay" = known keys: default, between',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: { eu-us: 3ms } }',
      '4:24+14 expected a list such as [{ between: [eu, us], delay: 45ms }], got a map',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [7] }',
      '4:25+1 expected { between: [eu, us], … } or { from: eu, to: us, … }, got 7',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ delay: 5ms }] }',
      '4:25+14 expected { between: [eu, us], … } or { from: eu, to: us, … }, got a map',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ between: eu }] }',
      '4:36+2 expected two names of groups or nodes, such as [eu, us], got "eu"',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ between: [eu] }] }',
      '4:36+4 expected two names of groups or nodes, such as [eu, us], got a list',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ between: [eu, 3] }] }',
      '4:41+1 expected two names of groups or nodes, such as [eu, us], got 3',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ between: [eu, asia], delay: 1 }] }',
      '4:41+4 unknown node "asia" = known nodes: eu, us, a, b, c',
      '4:55+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 1 = did you mean 1ms?',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ from: eu }] }',
      '4:25+12 missing key "to": expected a name or a list of names',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ from: eu, to: us, back: {} }] }',
      '4:45+4 unknown key "back" = known keys: from, to, delay, jitter, loss, rate, duplicate, reorder, corrupt',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { between: [{ from: "", to: [a, a] }] }',
      '4:33+2 expected a name, got ""',
      '4:45+1 "a" is named twice',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions: { default: { jitter: 1ms } }',
      '4:34+3 expected a delay beside jitter, got none from "a" to "b" = jitter is how much a delay varies',
    ],
    [
      'nodes: [a, b, c]\ngroups: { eu: [a, b], us: c }\nlinks: mesh\nconditions:\n  default: { delay: 50ms, jitter: 10ms }\n  between: [{ between: [a, c], delay: 5ms }]',
      '5:35+4 expected a jitter of at most the delay from "a" to "c", 5ms (6:39), got 10ms',
    ],
    [
      'nodes: { count: }\nconditions: { between: [{ between: [a, b], delay: 3 }] }',
      '1:10+5 expected a whole number from 1 to 10000, got nothing',
      '2:51+1 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 3 = did you mean 3ms?',
    ],
  ],
  groups: [
    ['nodes: { n: { count: 2 }, a: , b: }\ngroups: 3', '2:9+1 expected a map of names to lists of nodes, got 3'],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { n: a }',
      '2:11+1 "n" is both a group of "nodes" and one of "groups"',
    ],
    ['nodes: { n: { count: 2 }, a: , b: }\ngroups: { n1: a }', '2:11+2 "n1" is both a node and one of "groups"'],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { Eu: a }\nlinks: Eu -> b',
      '2:11+2 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "Eu"',
    ],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { e: [], f: , g: 3, h: [3] }',
      '2:14+2 expected a name or a list of names, got an empty list',
      '2:18+1 expected a name or a list of names, got nothing',
      '2:26+1 expected a name or a list of names, got 3 = put it in quotes: "3"',
      '2:33+1 expected a name or a list of names, got 3 = put it in quotes: "3"',
    ],
    ['nodes: { n: { count: 2 }, a: , b: }\ngroups: { eu: [a, a] }', '2:19+1 "a" is named twice'],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { eu: [a, us], us: b }',
      '2:19+2 unknown node "us" = known nodes: n, n1, n2, a, b',
    ],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { eu: [eu] }',
      '2:16+2 unknown node "eu" = known nodes: n, n1, n2, a, b',
    ],
    [
      'nodes: { n: { count: 2 }, a: , b: }\ngroups: { eu: [a, zz] }\nlinks: eu2 -> b',
      '2:19+2 unknown node "zz" = known nodes: n, n1, n2, a, b',
      '3:8+3 unknown node "eu2" = did you mean "eu"?',
    ],
  ],
  subnets: [
    ['nodes: { count: 20 }\nsubnet: 10.77.0.0', '2:9+9 expected an IPv4 subnet such as 10.77.0.0/24, got "10.77.0.0"'],
    [
      'nodes: { count: 20 }\nsubnet: 10.77.0.1/24',
      '2:9+12 expected the first address of a subnet, got 10.77.0.1/24 = did you mean 10.77.0.0/24?',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 10.77.0.0/33',
      '2:9+12 expected an IPv4 subnet such as 10.77.0.0/24, got "10.77.0.0/33"',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 010.0.0.0/8',
      '2:9+11 expected an IPv4 subnet such as 10.77.0.0/24, got "010.0.0.0/8"',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 256.0.0.0/8',
      '2:9+11 expected an IPv4 subnet such as 10.77.0.0/24, got "256.0.0.0/8"',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 8.8.8.0/24',
      '2:9+10 expected a private subnet, got 8.8.8.0/24, which would hide real hosts = private are 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 198.18.0.0/15',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 10.0.0.0/31',
      '2:9+11 10.0.0.0/31 has room for 0 nodes (2 addresses less 4), got 20 = use 10.0.0.0/27 or wider',
    ],
    [
      'nodes: { count: 20 }\nsubnet: 10.0.0.0/28',
      '2:9+11 10.0.0.0/28 has room for 12 nodes (16 addresses less 4), got 20 = use 10.0.0.0/27 or wider',
    ],
    ['nodes: { count: 20 }\nsubnet: fd00::/64', '2:9+9 expected an IPv4 subnet such as 10.77.0.0/24, got "fd00::/64"'],
    ['nodes: { count: 20 }\nsubnet: 24', '2:9+2 expected an IPv4 subnet such as 10.77.0.0/24, got 24'],
  ],
};

for (const [subject, files] of Object.entries(wrong)) {
  describe(subject, () => {
    test.each(files)('%j', (text, ...expected) => expect(mistakesOf(text).diagnostics.map(brief)).toEqual(expected));
  });
}

test('aliases cannot expand without limit', () => {
  const lines = ['nodes: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [name, last] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg']) {
    lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`);
  }
  expect(mistakesOf(lines.join('\n')).diagnostics.map(brief)).toEqual([
    '2:8+2 expected at most 2,000,000 values once aliases are replaced by what they stand for, got more = use fewer aliases of aliases',
  ]);
});

test('a thousand aliases of one anchor are a thousand values', () => {
  const nodes = Array.from({ length: 1_000 }, (_, index) => `  w${index}: *base`);
  const text = ['nodes:', '  first: &base { memory: 64m }', ...nodes].join('\n');
  expect(parseTopology(text, { file: 'x.yaml', name: 'x' }).nodes).toHaveLength(1_001);
});

test('an alias stands for the last anchor of its name above it', () => {
  const text = 'nodes: { a: &x { port: 1 }, b: *x, c: &x { port: 2 }, d: *x }';
  expect(parseTopology(text, { file: 'x.yaml', name: 'x' }).nodes.map(({ port }) => port)).toEqual([1, 1, 2, 2]);
});

test('nesting cannot overflow the stack', () => {
  const { diagnostics: mistakes } = mistakesOf(`nodes: ${'['.repeat(20_000)}`);
  expect(mistakes.map(({ message }) => message)).toContain('nested too deeply');
});

test('a mistake that two aliases repeat is reported once, where it is written', () => {
  const text = 'nodes: { a: &bad { port: 0 }, b: *bad, c: *bad }';
  expect(mistakesOf(text).diagnostics.map(brief)).toEqual([
    '1:26+1 expected a port, a whole number from 1 to 65535, got 0',
  ]);
});

test('reports every mistake of a file, in order', () => {
  const text = `name: my net
nodes:
  Seed: { prot: 3000 }
  w: { count: 4, memory: 1m }
links:
  - w -> seed, hub
  - { shape: regular, over: w, degree: 5, sed: 1 }
  - rnig
subnet: 10.77.0.1/30
internl: true
`;
  const error = errorOf(() => parseTopology(text, { file: 'devnet/wrong.yaml' }));
  expect(error.message).toBe(WRONG);
  expect(error).toMatchObject({ name: 'TopologyError', file: 'devnet/wrong.yaml' });
  expect(formatDiagnostics(error.file, error.diagnostics)).toBe(error.message);
});

const WRONG = `devnet/wrong.yaml:1:7: expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "my net"
  1 | name: my net
    |       ^^^^^^
    = did you mean "my-net"?

devnet/wrong.yaml:3:3: expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "Seed"
  3 |   Seed: { prot: 3000 }
    |   ^^^^
    = did you mean "seed"?

devnet/wrong.yaml:3:11: unknown key "prot"
  3 |   Seed: { prot: 3000 }
    |           ^^^^
    = did you mean "port"?

devnet/wrong.yaml:4:26: expected a memory size of at least 6m, such as 64m or 1.5g, got "1m"
  4 |   w: { count: 4, memory: 1m }
    |                          ^^

devnet/wrong.yaml:6:16: unknown node "hub"
  6 |   - w -> seed, hub
    |                ^^^
    = known nodes: w, seed, w1, w2, w3, w4

devnet/wrong.yaml:7:43: unknown key "sed"
  7 |   - { shape: regular, over: w, degree: 5, sed: 1 }
    |                                           ^^^
    = did you mean "seed"?

devnet/wrong.yaml:8:5: unknown shape "rnig"
  8 |   - rnig
    |     ^^^^
    = did you mean "ring"?

devnet/wrong.yaml:9:9: expected the first address of a subnet, got 10.77.0.1/30
  9 | subnet: 10.77.0.1/30
    |         ^^^^^^^^^^^^
    = did you mean 10.77.0.0/30?

devnet/wrong.yaml:10:1: unknown key "internl"
  10 | internl: true
     | ^^^^^^^
     = did you mean "internal"?

9 mistakes in devnet/wrong.yaml`;

describe('formatting', () => {
  const mistake = (text: string, column: number, length: number): Diagnostic => ({
    message: 'm',
    path: 'p',
    place: { line: 1, column, length, text },
  });
  const format = (one: Diagnostic) => formatDiagnostics('f', [one]).split('\n');

  test('a long line is cut around the location', () => {
    const [, source, caret] = format(mistake(`${'a'.repeat(200)}HERE${'b'.repeat(200)}`, 201, 4));
    expect(source).toHaveLength('  1 | '.length + 102);
    expect(source!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('control characters do not reach the terminal, and tabs keep carets in place', () => {
    const [, source, caret] = format(mistake('\tx: \u001b[31mred', 5, 8));
    expect(source).toBe('  1 |  x: \ufffd[31mred');
    expect(caret).toBe('    |     ^^^^^^^^');
  });

  test('each part can be coloured', () => {
    const one = { ...mistake('abc', 2, 1), hint: 'h' };
    const style = (name: string, text: string) => `<${name} ${text}>`;
    expect(formatDiagnostics('f', [one], { style }).split('\n')).toEqual([
      '<place f:1:2:> <message m>',
      '  1 | <source abc>',
      '    | <caret  ^>',
      '    = <hint h>',
      '',
      '<total 1 mistake in f>',
    ]);
  });
});

test('an object has paths instead of lines', () => {
  const value = {
    nodes: { a: { port: 0, env: { 'A B': 1 } }, b: { colour: 1 } },
    links: ['a -> c', { from: 'a', to: ['b', 'd'] }],
  };
  const { diagnostics: mistakes, message } = errorOf(() => parseTopologyObject(value));
  expect(mistakes.map(({ path }) => path)).toEqual([
    'nodes.a.env["A B"]',
    'nodes.a.port',
    'nodes.b.colour',
    'links[0]',
    'links[1].to[1]',
    '',
  ]);
  expect(message).toContain('nodes.a.port: expected a port, a whole number from 1 to 65535, got 0\n\n');
  expect(message).toContain('links[0]: unknown node "c"\n   = known nodes: a, b\n\n');
  expect(message).toMatch(/\n\n6 mistakes in the topology$/);
});

test('an object that contains itself is handled', () => {
  const value: Record<string, unknown> = { name: 'x', nodes: ['a'] };
  value.links = value;
  expect(errorOf(() => parseTopologyObject(value)).diagnostics).toHaveLength(1);
});

test("a file's own name must be valid when the file has none", () => {
  const { diagnostics: mistakes } = errorOf(() => parseTopology('nodes: [a]', { file: 'My Net.yaml', name: 'My Net' }));
  expect(mistakes.map(({ message }) => message)).toEqual([
    'missing key "name", and the file\'s own name cannot replace it: expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "My Net"',
  ]);
});

test('the example in docs/topology.md is what devnet prints', () => {
  const page = readFileSync(join(root, 'docs/topology.md'), 'utf8');
  const [, text, shown] = /## Mistakes[\s\S]*?```yaml\n([\s\S]*?)```\s*```\n([\s\S]*?)\n```/.exec(page) ?? [];
  expect(errorOf(() => parseTopology(text!, { file: 'devnet/mine.yaml', name: 'mine' })).message).toBe(shown);
});

test('the files in docs/topology.md are valid', () => {
  const page = readFileSync(join(root, 'docs/topology.md'), 'utf8');
  const example = (heading: string) =>
    new RegExp(`\\n#+ ${heading}\\n[\\s\\S]*?\`\`\`yaml\\n([\\s\\S]*?)\`\`\``).exec(page)![1]!;
  const groups = parseTopology(example('Groups'), { file: 'groups.yaml', name: 'groups' }).groups;
  expect(groups).toMatchObject({ atlantic: ['eu1', 'eu2', 'eu3', 'us1', 'us2', 'us3'], rest: ['seed', 'eu1'] });
  const nodes = 'nodes: { a: , b: , c: , seed: , worker: { count: 3 }, eu: { count: 2 }, us: { count: 2 } }\n';
  const { conditions } = parseTopology(nodes + example('Conditions'), { file: 'conditions.yaml', name: 'conditions' });
  expect(conditions).toContainEqual({ from: 'c', to: 'a', delay: 5 });
  expect(conditions).toContainEqual({ from: 'worker1', to: 'seed', delay: 5, rate: 1_000_000 });
});
