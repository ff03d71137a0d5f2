import { statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Command, Option } from 'commander';
import { status } from '../../../controller/inspect/network-status.ts';
import { findDevnet, type NetworkState, observeAll } from '../../../controller/state/network-state.ts';
import { toGraphView } from '../../../diagnostics/graph-view.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import {
  type GraphView,
  MAX_MERMAID_EDGES,
  renderDot,
  renderMermaid,
  renderPng,
  renderSvg,
  toGraphJson,
} from '../../../graph-drawing/index.ts';
import { hasNoDrift } from '../../../network/drift.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { paint, pluralize } from '../../output/format.ts';

const FORMATS = ['svg', 'png', 'mermaid', 'dot', 'json'] as const;
type Format = (typeof FORMATS)[number];

const FORMAT_BY_EXTENSION: Record<string, Format> = {
  '.svg': 'svg',
  '.png': 'png',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
  '.dot': 'dot',
  '.gv': 'dot',
  '.json': 'json',
};

interface Options {
  actual?: true;
  format?: Format;
  json?: true;
  output?: string;
}

export const graphCommand = (): Command =>
  new Command('graph')
    .summary('draw a topology, or a devnet with its drift')
    .description(
      'Draws who dials whom: of a topology file, or of a running devnet. The same graph gives the same picture.\n' +
        'With --actual the nodes are asked, drift is drawn in colour, and the exit status is 1 where there is any.',
    )
    .argument(
      '[what]',
      'topology file, or name of a devnet (default: the only one running, else the file that up takes)',
    )
    .option('--actual', 'ask the running devnet, and show what differs from the declared graph')
    .addOption(new Option('--format <format>', "(default: by the output's ending, else svg)").choices(FORMATS))
    .option('--json', 'the same as --format json')
    .option('-o, --output <file>', 'write to a file instead of the standard output')
    .action(run);

async function run(what: string | undefined, options: Options): Promise<void> {
  const format = resolveFormat(options);
  if (format === 'png' && options.output === undefined && process.stdout.isTTY) {
    throw new DevnetError('usage', 'a PNG would only garble the terminal', {
      hint: `devnet graph ${what ? `${what} ` : ''}-o graph.png`,
    });
  }
  const {
    graph: picture,
    source,
    hasDrift: drift,
  } = options.actual ? await loadActualGraph(what) : await loadDeclaredGraph(what);
  const content = await render(picture, format);
  if (options.output === undefined) process.stdout.write(content);
  else writeOutputFile(options.output, content);
  const links = picture.links.filter(({ state }) => state !== 'extra').length;
  const size = `${pluralize(picture.nodes.length, 'node')}, ${pluralize(links, 'link')}`;
  const target = options.output === undefined ? '' : ` -> ${options.output}`;
  process.stderr.write(`${paint('bold', picture.name, process.stderr)}: ${size} (${source})${target}\n`);
  if (format === 'mermaid' && picture.links.length > MAX_MERMAID_EDGES) {
    process.stderr.write(
      `  Mermaid draws ${MAX_MERMAID_EDGES} lines unless its maxEdges says more: an SVG may serve better\n`,
    );
  }
  if (drift) process.exitCode = 1;
}

function resolveFormat({ format, json, output }: Options): Format {
  if (format !== undefined) return format;
  if (json) return 'json';
  if (output === undefined) return 'svg';
  const found = FORMAT_BY_EXTENSION[extname(output).toLowerCase()];
  if (found) return found;
  throw new DevnetError('usage', `the ending of ${output} names no format`, {
    hint: `add --format with one of ${FORMATS.join(', ')}, or end it in one of ${Object.keys(FORMAT_BY_EXTENSION).join(', ')}`,
  });
}

interface LoadedGraph {
  graph: GraphView;
  /** Where it comes from, for people. */
  source: string;
  hasDrift: boolean;
}

/** A folder is none: it may well be called like a devnet. */
const isTopologyFile = (what: string): boolean =>
  /\.ya?ml$/i.test(what) || statSync(what, { throwIfNoEntry: false })?.isFile() === true;

/** As declared: nobody is asked how things stand. */
async function loadDeclaredGraph(what: string | undefined): Promise<LoadedGraph> {
  if (what !== undefined && isTopologyFile(what))
    return { graph: await loadTopology(what), source: what, hasDrift: false };
  const devnet = what === undefined ? await findOnlyNetwork() : await findDevnet(await connectEngine(), what);
  if (devnet) return { graph: appliedTopology(devnet), source: 'as applied', hasDrift: false };
  const file = defaultTopologyFile();
  return { graph: await loadTopology(file), source: file, hasDrift: false };
}

/** As the nodes themselves have it; a file stands for the devnet that was brought up from it. */
async function loadActualGraph(what: string | undefined): Promise<LoadedGraph> {
  const name = what !== undefined && isTopologyFile(what) ? (await loadTopology(what)).name : what;
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, name);
  appliedTopology(devnet);
  const found = await status(engine, devnet);
  return { graph: toGraphView(found), source: 'as its nodes say', hasDrift: !hasNoDrift(found.drift) };
}

function appliedTopology(devnet: NetworkState): GraphView {
  if (devnet.topology) return devnet.topology;
  throw new DevnetError('no_such_devnet', `nothing is left of "${devnet.name}" that says what it was`, {
    hint: `devnet down ${devnet.name}`,
  });
}

/** Undefined as well where there is no engine to ask: a file can be drawn without one. */
async function findOnlyNetwork(): Promise<NetworkState | undefined> {
  let engine: Engine;
  try {
    engine = await connectEngine();
  } catch (cause) {
    if (cause instanceof DevnetError) return undefined;
    throw cause;
  }
  const all = await observeAll(engine);
  return all.length === 1 ? all[0] : undefined;
}

async function render(picture: GraphView, format: Format): Promise<string | Buffer> {
  switch (format) {
    case 'svg':
      return renderSvg(picture);
    case 'png':
      return renderPng(renderSvg(picture, { background: 'white' }));
    case 'mermaid':
      return renderMermaid(picture);
    case 'dot':
      return renderDot(picture);
    case 'json':
      return `${JSON.stringify(toGraphJson(picture))}\n`;
  }
}

function writeOutputFile(file: string, content: string | Buffer): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such folder' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new DevnetError('usage', `cannot write ${file}: ${reason}`, { hint: 'name another file with -o', cause });
  }
}
