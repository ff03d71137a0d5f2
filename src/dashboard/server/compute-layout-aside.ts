import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { GraphView } from '../../graph-drawing/layout/graph-view.ts';
import { packageRoot } from '../../shared/files/package-root.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { PageLayout } from '../page/page-layout.ts';
import { computePageLayout } from './compute-page-layout.ts';

/** Up to this many nodes, a layout takes less than starting a process. */
const MAX_NODES_IN_PLACE = 150;

/** Lays out a topology, a large one in a process of its own. */
export async function computeLayoutAside({ name, nodes, links }: Topology): Promise<PageLayout> {
  const graph: GraphView = { name, nodes: nodes.map((node) => ({ name: node.name })), links };
  if (nodes.length <= MAX_NODES_IN_PLACE) return computePageLayout(graph);
  try {
    return await runLayoutProcess(graph);
  } catch {
    return computePageLayout(graph); // In a checkout that was not built.
  }
}

/** @throws SyntaxError when the process ends without a layout */
async function runLayoutProcess(graph: GraphView): Promise<PageLayout> {
  const script = join(packageRoot, 'dist', 'dashboard', 'layout-process.js');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.on('error', () => {}); // Its output then ends empty.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(graph));
  return (await json(child.stdout)) as PageLayout;
}
