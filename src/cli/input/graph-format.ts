import { extname } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';

export const GRAPH_FORMATS = ['svg', 'png', 'mermaid', 'dot', 'json'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

const FORMAT_BY_EXTENSION: Record<string, GraphFormat> = {
  '.svg': 'svg',
  '.png': 'png',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
  '.dot': 'dot',
  '.gv': 'dot',
  '.json': 'json',
};

/**
 * Returns the format of a picture: the one asked for, else that of the output file's extension, else SVG.
 * @throws DevnetError `usage` when the extension is unknown
 */
export function graphFormatOf(options: { format?: GraphFormat; json?: true; output?: string }): GraphFormat {
  const { format, json, output } = options;
  if (format !== undefined) return format;
  if (json) return 'json';
  if (output === undefined) return 'svg';
  const found = FORMAT_BY_EXTENSION[extname(output).toLowerCase()];
  if (found) return found;
  throw new DevnetError('usage', `unknown file extension: ${output}`, {
    hint: `add --format with one of ${GRAPH_FORMATS.join(', ')}, or use one of ${Object.keys(FORMAT_BY_EXTENSION).join(', ')}`,
  });
}
