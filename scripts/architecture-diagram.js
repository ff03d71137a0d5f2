// Draws the layers of src/ as Mermaid into docs/architecture.md, from the imports that dependency-cruiser finds. An import that
// follows from others is left out (transitive reduction). With --check it writes nothing, and fails if the drawing is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs', 'architecture.md');
process.chdir(root);

const { output } = await cruise(['src'], { ...config.options, ruleSet: {}, collapse: '^src/[^/]+/' });
const layers = new Map(
  output.modules
    .filter(({ source }) => /^src\/[^/.]+\/?$/.test(source))
    .map(({ source, dependencies }) => [
      layerOf(source),
      new Set(dependencies.map(({ resolved }) => layerOf(resolved)).filter((name) => name !== undefined)),
    ]),
);
for (const [name, imports] of layers) imports.delete(name);

function layerOf(path) {
  return /^src\/([^/.]+)\/?$/.exec(path)?.[1];
}

/** Returns all layers that one imports, directly or not. */
function reachable(name, seen = new Set()) {
  for (const next of layers.get(name) ?? []) {
    if (!seen.has(next)) reachable(next, seen.add(next));
  }
  return seen;
}

const edges = [...layers].sort().flatMap(([name, imports]) =>
  [...imports]
    .sort()
    .filter((target) => ![...imports].some((other) => other !== target && reachable(other).has(target)))
    .map((target) => `  ${name} --> ${target}`),
);
const diagram = ['```mermaid', 'flowchart TD', ...edges, '```'].join('\n');

const text = readFileSync(page, 'utf8');
const [marked, start, end] = /(<!-- layers:start.*-->\n)[\s\S]*?(<!-- layers:end -->)/.exec(text);
const updated = text.replace(marked, `${start}${diagram}\n${end}`);
if (updated === text) process.exit();
if (process.argv.includes('--check')) {
  console.error('docs/architecture.md: the diagram of the layers is out of date: npm run docs:diagram');
  process.exit(1);
}
writeFileSync(page, updated);
