import type { DocumentPath } from '../../topology/document/document-path.ts';

/** Names of parameters: what can stand after a `$`. */
export const PARAMETER_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;
/** Text that stands for a value of any kind. */
export const WHOLE_PARAMETER = /^\$([a-zA-Z][a-zA-Z0-9_]*)$/;
/** A parameter in longer text. */
export const EMBEDDED_PARAMETER = /\$([a-zA-Z][a-zA-Z0-9_]*)|\$\{([a-zA-Z][a-zA-Z0-9_]*)\}/g;

/**
 * Puts parameters into a value: text that is `$name` becomes what it stands for, whatever that is; in longer text
 * `$name` and `${name}` become its text. Keys are left as they are.
 * @throws UnknownParameter
 */
export function fillTemplate(
  template: unknown,
  values: Readonly<Record<string, unknown>>,
  path: DocumentPath = [],
): unknown {
  if (typeof template === 'string') {
    const lookUp = (name: string) => {
      if (!Object.hasOwn(values, name)) throw new UnknownParameterError(name, path);
      return values[name];
    };
    const whole = WHOLE_PARAMETER.exec(template)?.[1];
    if (whole !== undefined) return lookUp(whole);
    return template.replace(EMBEDDED_PARAMETER, (_, plain?: string, braced?: string) =>
      String(lookUp((plain ?? braced)!)),
    );
  }
  if (Array.isArray(template)) return template.map((item, index) => fillTemplate(item, values, [...path, index]));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, inner]) => [key, fillTemplate(inner, values, [...path, key])]),
  );
}

/** Names of all parameters that a template asks for. */
export function findParameters(template: unknown): Set<string> {
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string')
      for (const [, plain, braced] of value.matchAll(EMBEDDED_PARAMETER)) names.add((plain ?? braced)!);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(template);
  return names;
}

export class UnknownParameterError extends Error {
  readonly parameter: string;
  readonly path: DocumentPath;

  constructor(parameter: string, path: DocumentPath) {
    super(`unknown parameter $${parameter}`);
    this.parameter = parameter;
    this.path = path;
  }
}
