// Writes devnet/topology.schema.json, the JSON Schema that editors use, from the schema that the parser uses.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Node 20 runs no TypeScript, so the module is bundled in memory and imported from there.
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/topology/schema/index.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { topologyJsonSchema } = await import(`data:text/javascript;base64,${code}`);
await writeFile(join(root, 'devnet', 'topology.schema.json'), `${JSON.stringify(topologyJsonSchema(), null, 2)}\n`);
