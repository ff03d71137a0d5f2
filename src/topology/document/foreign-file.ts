import { isMap } from './diagnostic-text.ts';

/** A file that is recognised as another tool's, or as another kind of devnet's own. */
export interface ForeignFile {
  /** Completes "this is …, not a devnet topology". */
  what: string;
  /** Says what to do with it. */
  hint: string;
  /** Key at the top of the file that tells; absent when its text does. */
  key?: string;
}

/** Kinds of files that a devnet command reads. */
export type DevnetFileKind = 'topology' | 'scenario' | 'experiment';

const WRITE_TOPOLOGY = 'devnet takes names of nodes and links between them: docs/topology.md shows how to write them';

interface Format extends Omit<ForeignFile, 'key'> {
  /** Returns the key that tells, where the content is of this format. */
  tellingKey(content: Record<string, unknown>): string | undefined;
}

const keyIf = (key: string, condition: boolean): string | undefined => (condition ? key : undefined);
const firstKey = (content: object, ...keys: string[]) => keys.find((key) => Object.hasOwn(content, key));

/** Formats of other tools with a key `nodes`, as a topology has it. */
const FORMATS_WITH_NODES: Format[] = [
  {
    what: 'a Warnet network',
    hint: `warnet deploy runs it; ${WRITE_TOPOLOGY}`,
    tellingKey({ nodes }) {
      const isTank = (node: unknown) => isMap(node) && (Object.hasOwn(node, 'addnode') || isMap(node.image));
      return keyIf('nodes', Array.isArray(nodes) && nodes.some(isTank));
    },
  },
  {
    what: 'node-link data of NetworkX',
    hint: WRITE_TOPOLOGY,
    tellingKey: ({ multigraph }) => keyIf('multigraph', multigraph !== undefined),
  },
];

/** Formats of other tools without it, the more specific ones first. */
const FORMATS: Format[] = [
  {
    what: 'a containerlab topology',
    hint: `containerlab deploy runs it; ${WRITE_TOPOLOGY}`,
    tellingKey({ topology }) {
      if (!isMap(topology)) return undefined;
      const { nodes, links, kinds } = topology;
      const hasKinds = isMap(nodes) && Object.values(nodes).some((node) => isMap(node) && Object.hasOwn(node, 'kind'));
      const hasEndpoints =
        Array.isArray(links) && links.some((link) => isMap(link) && Object.hasOwn(link, 'endpoints'));
      return keyIf('topology', hasKinds || hasEndpoints || isMap(kinds));
    },
  },
  {
    what: 'a Kubernetes manifest',
    hint: `kubectl apply runs it; ${WRITE_TOPOLOGY}`,
    tellingKey: (content) => keyIf('apiVersion', Object.hasOwn(content, 'kind')) && firstKey(content, 'apiVersion'),
  },
  {
    what: 'a Docker Compose file',
    hint: 'docker compose up runs it; in a topology each service is a node with its image, command and env: docs/topology.md',
    tellingKey: ({ services }) => keyIf('services', isMap(services)),
  },
  {
    what: 'a file of defaults for a Warnet network',
    hint: `warnet deploy runs the network; ${WRITE_TOPOLOGY}`,
    tellingKey: ({ chain, image }) => keyIf('chain', chain !== undefined && isMap(image)),
  },
  {
    what: 'a file of parameters for a Kurtosis package',
    hint: `kurtosis run PACKAGE --args-file FILE uses it; ${WRITE_TOPOLOGY}`,
    tellingKey: (content) => firstKey(content, 'participants', 'participants_matrix', 'ethereum_package'),
  },
  {
    what: 'a Kurtosis package',
    hint: `kurtosis run FOLDER runs it; ${WRITE_TOPOLOGY}`,
    tellingKey: ({ name }) => keyIf('name', typeof name === 'string' && /^[\w-]+(\.[\w-]+)+\/[^/]+\/./.test(name)),
  },
];

/** Formats that are no YAML, by the first line that is neither blank nor a comment, or by any line. */
const TEXT_FORMATS: { first?: RegExp; any?: RegExp; file: ForeignFile }[] = [
  { first: /^<(\?xml|graphml|gexf)\b/, file: { what: 'an XML file, such as GraphML', hint: WRITE_TOPOLOGY } },
  { any: /^\s*(strict\s+)?(di)?graph\b[^:\n{]*\{/m, file: { what: 'a graph for Graphviz', hint: WRITE_TOPOLOGY } },
  {
    any: /^def run\(\s*plan\b/m,
    file: { what: 'a Kurtosis package in Starlark', hint: `kurtosis run FILE runs it; ${WRITE_TOPOLOGY}` },
  },
  {
    first: /^(FROM|ARG) \S/,
    file: { what: 'a Dockerfile', hint: 'docker build makes an image of it, which `image` of a node can name' },
  },
];

/** Devnet's own files, by the kind that another command expects. */
const OWN_FORMATS: (Format & { kind: DevnetFileKind })[] = [
  {
    kind: 'experiment',
    what: 'an experiment',
    hint: 'devnet experiment FILE runs it',
    tellingKey: ({ topology, question, matrix, load }) =>
      keyIf('topology', isMap(topology) && (question ?? matrix ?? load) !== undefined),
  },
  {
    kind: 'scenario',
    what: 'a scenario',
    hint: 'devnet run FILE runs it; the file that its "topology" names is the topology',
    tellingKey: ({ topology, scenario }) => keyIf('topology', typeof topology === 'string' && scenario !== undefined),
  },
];

/**
 * Recognises a file of another tool, or of another devnet command.
 * @param text undefined when the content does not come from a file
 * @param content undefined when the text is no YAML
 */
export function recogniseForeignFile(
  text: string | undefined,
  content: unknown,
  wanted: DevnetFileKind,
): ForeignFile | undefined {
  if (isMap(content)) {
    const own = OWN_FORMATS.filter(({ kind }) => kind !== wanted);
    const formats = Object.hasOwn(content, 'nodes') ? FORMATS_WITH_NODES : [...own, ...FORMATS];
    for (const { what, hint, tellingKey } of formats) {
      const key = tellingKey(content);
      if (key !== undefined) return { what, hint, key };
    }
    // Short programs of other languages can be read as a map, too.
    if (firstKey(content, 'nodes', 'topology') !== undefined) return undefined;
  }
  const firstLine =
    text
      ?.split('\n')
      .find((line) => /^\s*[^\s#]/.test(line))
      ?.trim() ?? '';
  return TEXT_FORMATS.find(({ first, any }) => first?.test(firstLine) || any?.test(text ?? ''))?.file;
}
