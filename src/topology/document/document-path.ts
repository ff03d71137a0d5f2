/** Steps from the root of a topology file to a value: keys of maps and indexes of lists. */
export type DocumentPath = readonly (string | number)[];

/** Formats a path: `nodes.a.port`, `links[2].to`, `env["A.B"]`. */
export function formatDocumentPath(path: DocumentPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** Parses what {@link formatDocumentPath} wrote. */
export function parseDocumentPath(text: string): DocumentPath {
  return [...text.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w-]+)/g)].map(([, index, quoted, plain]) =>
    index === undefined ? (plain ?? JSON.parse(`"${quoted}"`)) : Number(index),
  );
}
