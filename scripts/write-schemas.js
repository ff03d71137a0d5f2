// Writes devnet/*.schema.json, the JSON Schemas for editors, from the schemas that the parsers use.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Node 20 runs no TypeScript, so the modules are bundled in memory and imported from there.
const { outputFiles } = await build({
  stdin: {
    contents: `
      export { topologyJsonSchema as topology } from './src/topology/schema/index.ts';
      export { scenarioJsonSchema as scenario } from './src/scenario/parse/file-schema.ts';
      export { experimentJsonSchema as experiment } from './src/experiment/plan/json-schema.ts';
    `,
    resolveDir: root,
  },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const schemas = await import(`data:text/javascript;base64,${code}`);
for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(join(root, 'devnet', `${name}.schema.json`), `${JSON.stringify(schema(), null, 2)}\n`);
}
