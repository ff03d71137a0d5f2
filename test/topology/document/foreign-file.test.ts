import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { readTopologyPath } from '../../../src/scenario/parse/parse-scenario.ts';
import { DiagnosticsError } from '../../../src/topology/document/diagnostic.ts';
import { parseTopology } from '../../../src/topology/parse/parse-topology.ts';

const DOCS = 'devnet takes names of nodes and links between them: docs/topology.md shows how to write them';

const FILES: Record<string, [text: string, place: string, hint: string]> = {
  'a containerlab topology': [
    'name: srl\ntopology:\n  nodes:\n    srl1: { kind: nokia_srlinux, image: srl }\n    srl2: { kind: nokia_srlinux }\n  links:\n    - endpoints: ["srl1:e1-1", "srl2:e1-1"]\n',
    '2:1',
    `containerlab deploy runs it; ${DOCS}`,
  ],
  'a Warnet network': [
    'caddy: { enabled: true }\nnodes:\n  - name: tank-0000\n    addnode: [tank-0001]\n  - name: tank-0001\n    image: { tag: "27.0" }\n',
    '2:1',
    `warnet deploy runs it; ${DOCS}`,
  ],
  'a file of defaults for a Warnet network': [
    'chain: regtest\nimage: { repository: bitcoindevproject/bitcoin, tag: "27.0" }\ndefaultConfig: |\n  dns=1\n',
    '1:1',
    `warnet deploy runs the network; ${DOCS}`,
  ],
  'a Docker Compose file': [
    'version: "3"\nservices:\n  web: { image: nginx, ports: ["80:80"] }\n',
    '2:1',
    'docker compose up runs it; in a topology each service is a node with its image, command and env: docs/topology.md',
  ],
  'a file of parameters for a Kurtosis package': [
    'participants:\n  - el_type: geth\n    cl_type: lighthouse\n',
    '1:1',
    `kurtosis run PACKAGE --args-file FILE uses it; ${DOCS}`,
  ],
  'a Kurtosis package': [
    'name: github.com/ethpandaops/ethereum-package\ndescription: x\n',
    '1:1',
    `kurtosis run FOLDER runs it; ${DOCS}`,
  ],
  'a Kurtosis package in Starlark': [
    'lib = import_module("/lib.star")\n\ndef run(plan, args = {}):\n    plan.print("hi")\n',
    '1:1',
    `kurtosis run FILE runs it; ${DOCS}`,
  ],
  'a Kubernetes manifest': [
    'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n',
    '1:1',
    `kubectl apply runs it; ${DOCS}`,
  ],
  'node-link data of NetworkX': [
    '{"directed": true, "multigraph": false, "nodes": [{"id": 0}], "links": []}',
    '1:20',
    DOCS,
  ],
  'an XML file, such as GraphML': ['<?xml version="1.0"?>\n<graphml>\n</graphml>\n', '1:1', DOCS],
  'a graph for Graphviz': ['// made by hand\ndigraph {\n  a -> b;\n}\n', '1:1', DOCS],
  'a Dockerfile': [
    '# syntax=docker/dockerfile:1\nFROM node:20\nCMD ["node"]\n',
    '2:1',
    'docker build makes an image of it, which `image` of a node can name',
  ],
  'an experiment': [
    'question: why?\ntopology: { nodes: { count: 4 }, links: ring }\nmatrix: { a: [1] }\n',
    '2:1',
    'devnet experiment FILE runs it',
  ],
  'a scenario': [
    'topology: ring.yaml\nscenario:\n  - { at: 1s, kill: n1 }\n',
    '1:1',
    'devnet run FILE runs it; the file that its "topology" names is the topology',
  ],
};

function diagnosticsOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.diagnostics;
    throw error;
  }
  throw new Error('expected mistakes');
}

test.each(Object.entries(FILES))('%s is no topology', (what, [text, place, hint]) => {
  const diagnostics = diagnosticsOf(() => parseTopology(text, { file: 'x.yaml', name: 'x' }));
  expect(diagnostics).toMatchObject([{ message: `this is ${what}, not a devnet topology`, hint }]);
  expect(`${diagnostics[0]?.place?.line}:${diagnostics[0]?.place?.column}`).toBe(place);
});

test.each(Object.entries(FILES).filter(([what]) => what !== 'a scenario'))('%s is no scenario', (what, [text]) => {
  expect(diagnosticsOf(() => readTopologyPath(text, 'x.yaml'))).toMatchObject([
    { message: `this is ${what}, not a devnet scenario` },
  ]);
});

test.each(Object.entries(FILES).filter(([what]) => what !== 'an experiment'))('%s is no experiment', (what, [text]) => {
  expect(diagnosticsOf(() => parseExperiment(text, { file: 'x.yaml', name: 'x' }))).toMatchObject([
    { message: `this is ${what}, not a devnet experiment` },
  ]);
});

test('a program in Starlark that YAML reads as a map is recognised', () => {
  const text = 'def run(plan, args):\n    plan.print(msg = "hi")\n';
  const [diagnostic] = diagnosticsOf(() => parseTopology(text, { file: 'x.yaml', name: 'x' }));
  expect(diagnostic?.message).toBe('this is a Kurtosis package in Starlark, not a devnet topology');
});

test.each([
  'nodes: [a]\nservices: { a: {} }',
  'nodes: [a]\nkind: x\napiVersion: v1',
  'nodes: { participants: }\ntopology: { nodes: { a: { kind: x } } }',
  'topology: { nodes: { count: 2 }, links: ring }',
  'nodes: [{ a: }]',
  'links: ring',
  'text',
  '',
])('%j is a topology with mistakes', (text) => {
  for (const { message } of diagnosticsOf(() => parseTopology(text, { file: 'x.yaml', name: 'x' })))
    expect(message).not.toContain('this is');
});
