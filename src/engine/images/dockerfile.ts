/** The base of one stage of a Dockerfile. */
export interface DockerfileBase {
  /** Index of its line, from 0. */
  line: number;
  /** The image, with the defaults of `ARG` filled in. */
  reference: string;
}

const FROM = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i;
const ARG = /^\s*ARG\s+([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?\s*$/i;

/** Returns the images that a Dockerfile is built on. Stages of its own and `scratch` are none. */
export function parseDockerfileBases(text: string): DockerfileBase[] {
  const args = new Map<string, string>();
  const stages = new Set<string>(['scratch']);
  const bases: DockerfileBase[] = [];
  let isBeforeFirstStage = true;
  for (const [line, content] of text.split(/\r?\n/).entries()) {
    const arg = isBeforeFirstStage ? ARG.exec(content) : null;
    if (arg) args.set(arg[1] as string, (arg[2] ?? '').replace(/^(["'])(.*)\1$/, '$2'));
    const from = FROM.exec(content);
    if (!from) continue;
    isBeforeFirstStage = false;
    const reference = fillInArgs(from[1] as string, args);
    if (!stages.has(reference.toLowerCase())) bases.push({ line, reference });
    if (from[2] !== undefined) stages.add(from[2].toLowerCase());
  }
  return bases;
}

function fillInArgs(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (_, bare?: string, braced?: string, otherwise = '') => args.get((bare ?? braced) as string) || otherwise,
  );
}

/** Returns the Dockerfile with other images in place of some bases, by the index of their line. */
export function replaceDockerfileBases(text: string, references: ReadonlyMap<number, string>): string {
  return text
    .split('\n')
    .map((content, line) => {
      const reference = references.get(line);
      if (reference === undefined) return content;
      const [, base = ''] = FROM.exec(content) ?? [];
      return content.replace(base, () => reference);
    })
    .join('\n');
}
