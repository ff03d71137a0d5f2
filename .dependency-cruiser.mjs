/**
 * Rules for the imports below src/: no cycles, and layers whose imports point down only. Run by `npm run check`.
 *
 * The order of LAYERS is the architecture (docs/architecture.md): a layer may import itself and the ones below it in the list.
 * Layers in one row do not import each other. `network`, the port, is below the `runtimes` and the `controller`, since they
 * implement it: what acts on a running network depends on the port, and so does what runs it.
 */
const LAYERS = [
  ['cli'],
  ['testing'],
  ['dashboard'],
  ['experiment', 'tracing'],
  ['scenario'],
  ['diagnostics', 'export'],
  ['recording', 'capture', 'metrics'],
  ['runtimes'],
  ['controller'],
  ['network'],
  ['agents'],
  ['engine'],
  ['spec', 'node', 'graph-drawing'],
  ['topology'],
  ['protocol'],
  ['shared'],
];

/** Packages that only these folders may import. */
const PACKAGE_OWNERS = {
  dockerode: ['engine'],
  'tar-stream': ['engine'],
  'tar-fs': ['engine'],
  '@balena/dockerignore': ['engine'],
  commander: ['cli'],
  listr2: ['cli'],
  'd3-force': ['graph-drawing'],
  '@resvg/resvg-js': ['graph-drawing'],
  'prom-client': ['metrics'],
  '@opentelemetry/api': ['tracing'],
  '@opentelemetry/sdk-trace-base': ['tracing'],
  yaml: ['topology', 'scenario', 'export'],
  zod: ['topology', 'scenario', 'testing', 'experiment', 'dashboard'],
  preact: ['dashboard'],
  uplot: ['dashboard'],
};

const folder = (names) => `^src/(${names.join('|')})/`;

const layerRules = LAYERS.flatMap((row, index) => {
  const above = LAYERS.slice(0, index).flat();
  const up =
    above.length > 0
      ? [
          {
            name: `layer-${row.join('-')}`,
            comment: `${row.join(', ')} must not import the layers above`,
            severity: 'error',
            from: { path: folder(row) },
            to: { path: folder(above) },
          },
        ]
      : [];
  const beside =
    row.length > 1
      ? row.map((name) => ({
          name: `beside-${name}`,
          comment: 'layers in one row do not import each other',
          severity: 'error',
          from: { path: folder([name]) },
          to: { path: folder(row.filter((other) => other !== name)) },
        }))
      : [];
  return [...up, ...beside];
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'files do not import each other in a circle, type-only imports included',
      severity: 'error',
      from: { path: '^src' },
      to: { circular: true },
    },
    {
      name: 'no-folder-cycles',
      comment: 'sub-folders of one folder do not import each other in a circle',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/.+/' },
      to: { circular: true },
    },
    ...layerRules,
    {
      name: 'act-through-the-port',
      comment: 'what acts on a running network depends on the port, not on what runs it',
      severity: 'error',
      from: { path: folder(['capture', 'diagnostics', 'experiment', 'metrics', 'recording', 'scenario', 'tracing']) },
      to: { path: folder(['runtimes', 'controller', 'engine']) },
    },
    {
      name: 'agents-stand-alone',
      comment: 'the programs that run inside helper containers stay small: no packages',
      severity: 'error',
      from: { path: '^src/(agents|node|protocol)/' },
      to: { dependencyTypes: ['npm'] },
    },
    ...Object.entries(PACKAGE_OWNERS).map(([name, owners]) => ({
      name: `owner-of-${name}`,
      comment: `only ${owners.join(', ')} may import ${name}`,
      severity: 'error',
      from: { path: '^src/', pathNot: folder(owners) },
      to: { path: `node_modules/${name}/` },
    })),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node:' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'] },
    combinedDependencies: true,
  },
};
