import { statSync } from 'node:fs';
import { toGraphView } from '../../../diagnostics/status-graph.ts';
import {
  type GraphView,
  MAX_MERMAID_EDGES,
  renderDot,
  renderMermaid,
  renderPng,
  renderSvg,
  toGraphJson,
} from '../../../graph-drawing/index.ts';
import { hasNoDrift } from '../../../network/links/drift.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { attachNetwork, findNetworks } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { displayName, STANDARD_INPUT, writeOutputFile } from '../../../shared/files/text-file.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { type GraphFormat, graphFormatOf } from '../../input/graph-format.ts';
import { networkName } from '../../input/select-network.ts';
import { formatGraphSize, paint } from '../../output/format.ts';

interface Options {
  name?: string;
  actual?: true;
  format?: GraphFormat;
  json?: true;
  output?: string;
}

/** A graph, and where it comes from. */
interface LoadedGraph {
  graph: GraphView;
  source: string;
  hasDrift: boolean;
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const { name, actual, output } = options;
  const format = graphFormatOf(options);
  if (format === 'png' && output === undefined && process.stdout.isTTY) {
    throw new DevnetError('usage', 'refusing to write a PNG to the terminal', {
      hint: `devnet graph ${argument ? `${argument} ` : ''}-o graph.png`,
    });
  }
  const file = argument !== undefined && isTopologyFile(argument) ? argument : undefined;
  const network = file === undefined ? argument : undefined;
  const { graph, source, hasDrift } = await (actual
    ? loadActualGraph(file, network, name)
    : loadDeclaredGraph(file, network, name));
  const content = await render(graph, format);
  if (output === undefined) process.stdout.write(content);
  else writeOutputFile(output, content);
  const drawn = graph.links.filter(({ state }) => state !== 'extra');
  const target = output === undefined ? '' : ` -> ${output}`;
  process.stderr.write(
    `${paint('bold', graph.name, process.stderr)}: ${formatGraphSize({ ...graph, links: drawn })} (${source})${target}\n`,
  );
  if (format === 'mermaid' && graph.links.length > MAX_MERMAID_EDGES) {
    process.stderr.write(
      `  Mermaid draws at most ${MAX_MERMAID_EDGES} lines unless maxEdges is raised: consider --format svg\n`,
    );
  }
  if (hasDrift) process.exitCode = 1;
}

/** True for standard input and for existing files; a folder may have the name of a network. */
const isTopologyFile = (text: string): boolean =>
  text === STANDARD_INPUT || /\.ya?ml$/i.test(text) || statSync(text, { throwIfNoEntry: false })?.isFile() === true;

/** Loads the graph as declared, without asking the nodes. */
async function loadDeclaredGraph(file?: string, network?: string, name?: string): Promise<LoadedGraph> {
  const running =
    file !== undefined
      ? undefined
      : network === undefined && name === undefined
        ? await findOnlyNetwork()
        : await attachNetwork(networkName(network, name));
  if (running) return { graph: running.topology, source: 'as applied', hasDrift: false };
  const declared = file ?? defaultTopologyFile();
  return { graph: await loadTopology(declared), source: displayName(declared), hasDrift: false };
}

/** Loads the graph as the nodes report it; a file stands for the network that was started from it. */
async function loadActualGraph(file?: string, network?: string, name?: string): Promise<LoadedGraph> {
  const chosen = file === undefined ? networkName(network, name) : (name ?? (await loadTopology(file)).name);
  const running = await attachNetwork(chosen);
  const status = await running.status({ usageOf: [], measureRoundTrips: false });
  running.close();
  return { graph: toGraphView(status), source: 'as its nodes report it', hasDrift: !hasNoDrift(status.drift) };
}

/** Returns undefined also where no engine answers: a file can be drawn without one. */
async function findOnlyNetwork(): Promise<RunningNetwork | undefined> {
  const [only, ...others] = (await findNetworks()).networks;
  return others.length === 0 ? only?.attach() : undefined;
}

async function render(graph: GraphView, format: GraphFormat): Promise<string | Buffer> {
  switch (format) {
    case 'svg':
      return renderSvg(graph);
    case 'png':
      return renderPng(renderSvg(graph, { background: 'white' }));
    case 'mermaid':
      return renderMermaid(graph);
    case 'dot':
      return renderDot(graph);
    case 'json':
      return `${JSON.stringify(toGraphJson(graph))}\n`;
  }
}
