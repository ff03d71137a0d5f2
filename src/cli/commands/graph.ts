import { statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Command, Option } from 'commander';
import { isFree } from '../../devnet/drift.ts';
import { loadTopology } from '../../devnet/load.ts';
import { findDevnet, type Observed, observeAll } from '../../devnet/observe.ts';
import { status } from '../../devnet/status.ts';
import { pictureOf } from '../../dump/picture-of.ts';
import { connectEngine, type Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../errors.ts';
import { dot, json, MOST_MERMAID_LINES, mermaid, type Picture, png, svg } from '../../picture/index.ts';
import { defaultTopology } from '../default-topology.ts';
import { count, paint } from '../format.ts';

const FORMATS = ['svg', 'png', 'mermaid', 'dot', 'json'] as const;
type Format = (typeof FORMATS)[number];

const ENDINGS: Record<string, Format> = {
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
  const format = formatOf(options);
  if (format === 'png' && options.output === undefined && process.stdout.isTTY) {
    throw new DevnetError('usage', 'a PNG would only garble the terminal', {
      hint: `devnet graph ${what ? `${what} ` : ''}-o graph.png`,
    });
  }
  const { picture, source, drift } = options.actual ? await actual(what) : await declared(what);
  const content = await render(picture, format);
  if (options.output === undefined) process.stdout.write(content);
  else save(options.output, content);
  const links = picture.links.filter(({ state }) => state !== 'extra').length;
  const size = `${count(picture.nodes.length, 'node')}, ${count(links, 'link')}`;
  const target = options.output === undefined ? '' : ` -> ${options.output}`;
  process.stderr.write(`${paint('bold', picture.name, process.stderr)}: ${size} (${source})${target}\n`);
  if (format === 'mermaid' && picture.links.length > MOST_MERMAID_LINES) {
    process.stderr.write(
      `  Mermaid draws ${MOST_MERMAID_LINES} lines unless its maxEdges says more: an SVG may serve better\n`,
    );
  }
  if (drift) process.exitCode = 1;
}

function formatOf({ format, json, output }: Options): Format {
  if (format !== undefined) return format;
  if (json) return 'json';
  if (output === undefined) return 'svg';
  const found = ENDINGS[extname(output).toLowerCase()];
  if (found) return found;
  throw new DevnetError('usage', `the ending of ${output} names no format`, {
    hint: `add --format with one of ${FORMATS.join(', ')}, or end it in one of ${Object.keys(ENDINGS).join(', ')}`,
  });
}

interface Found {
  picture: Picture;
  /** Where it comes from, for people. */
  source: string;
  drift: boolean;
}

/** A folder is none: it may well be called like a devnet. */
const isFile = (what: string): boolean =>
  /\.ya?ml$/i.test(what) || statSync(what, { throwIfNoEntry: false })?.isFile() === true;

/** As declared: nobody is asked how things stand. */
async function declared(what: string | undefined): Promise<Found> {
  if (what !== undefined && isFile(what)) return { picture: await loadTopology(what), source: what, drift: false };
  const devnet = what === undefined ? await onlyDevnet() : await findDevnet(await connectEngine(), what);
  if (devnet) return { picture: appliedOf(devnet), source: 'as applied', drift: false };
  const file = defaultTopology();
  return { picture: await loadTopology(file), source: file, drift: false };
}

/** As the nodes themselves have it; a file stands for the devnet that was brought up from it. */
async function actual(what: string | undefined): Promise<Found> {
  const name = what !== undefined && isFile(what) ? (await loadTopology(what)).name : what;
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, name);
  appliedOf(devnet);
  const found = await status(engine, devnet);
  return { picture: pictureOf(found), source: 'as its nodes say', drift: !isFree(found.drift) };
}

function appliedOf(devnet: Observed): Picture {
  if (devnet.topology) return devnet.topology;
  throw new DevnetError('no_such_devnet', `nothing is left of "${devnet.name}" that says what it was`, {
    hint: `devnet down ${devnet.name}`,
  });
}

/** Undefined as well where there is no engine to ask: a file can be drawn without one. */
async function onlyDevnet(): Promise<Observed | undefined> {
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

async function render(picture: Picture, format: Format): Promise<string | Buffer> {
  switch (format) {
    case 'svg':
      return svg(picture);
    case 'png':
      return png(svg(picture, { ground: 'white' }));
    case 'mermaid':
      return mermaid(picture);
    case 'dot':
      return dot(picture);
    case 'json':
      return `${JSON.stringify(json(picture))}\n`;
  }
}

function save(file: string, content: string | Buffer): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such folder' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new DevnetError('usage', `cannot write ${file}: ${reason}`, { hint: 'name another file with -o', cause });
  }
}
