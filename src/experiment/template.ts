import type { Path } from '../topology/path.ts';

/** Names of parameters: what can stand after a `$`. */
export const PARAMETER_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;
/** Text that stands for a value of any kind. */
export const WHOLE = /^\$([a-zA-Z][a-zA-Z0-9_]*)$/;
/** A parameter in longer text. */
export const INSIDE = /\$([a-zA-Z][a-zA-Z0-9_]*)|\$\{([a-zA-Z][a-zA-Z0-9_]*)\}/g;

/**
 * Puts parameters into a value: text that is `$name` becomes what it stands for, whatever that is; in longer text
 * `$name` and `${name}` become its text. Keys are left as they are.
 * @throws UnknownParameter
 */
export function fill(template: unknown, values: Readonly<Record<string, unknown>>, path: Path = []): unknown {
  if (typeof template === 'string') {
    const lookUp = (name: string) => {
      if (!Object.hasOwn(values, name)) throw new UnknownParameter(name, path);
      return values[name];
    };
    const whole = WHOLE.exec(template)?.[1];
    if (whole !== undefined) return lookUp(whole);
    return template.replace(INSIDE, (_, plain?: string, braced?: string) => String(lookUp((plain ?? braced)!)));
  }
  if (Array.isArray(template)) return template.map((item, index) => fill(item, values, [...path, index]));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, fill(inner, values, [...path, key])]));
}

/** Names of all parameters that a template asks for. */
export function parametersIn(template: unknown): Set<string> {
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string')
      for (const [, plain, braced] of value.matchAll(INSIDE)) names.add((plain ?? braced)!);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(template);
  return names;
}

export class UnknownParameter extends Error {
  readonly parameter: string;
  readonly path: Path;

  constructor(parameter: string, path: Path) {
    super(`unknown parameter $${parameter}`);
    this.parameter = parameter;
    this.path = path;
  }
}
