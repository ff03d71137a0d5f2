import { valueAt } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { MatrixCell } from './matrix.ts';

/** Name of a parameter: what can follow a `$`. */
export const PARAMETER_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;
/** Parameter of every template that stands for the seed of the run. */
export const SEED_PARAMETER = 'seed';
/** Text that stands for a value of any kind. */
export const WHOLE_PARAMETER = /^\$([a-zA-Z][a-zA-Z0-9_]*)$/;
/** A parameter in longer text. */
export const EMBEDDED_PARAMETER = /\$([a-zA-Z][a-zA-Z0-9_]*)|\$\{([a-zA-Z][a-zA-Z0-9_]*)\}/g;

/**
 * Fills parameters into a value. Text that is just `$name` becomes the parameter's value, of whatever kind; in longer text
 * `$name` and `${name}` become the value as text. Keys stay as they are.
 * @throws RangeError for a parameter without a value
 */
export function fillTemplate(template: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof template === 'string') {
    const lookUp = (name: string) => {
      if (!Object.hasOwn(values, name)) throw new RangeError(`unknown parameter $${name}`);
      return values[name];
    };
    const whole = WHOLE_PARAMETER.exec(template)?.[1];
    if (whole !== undefined) return lookUp(whole);
    return template.replace(EMBEDDED_PARAMETER, (_, plain?: string, braced?: string) =>
      String(lookUp((plain ?? braced)!)),
    );
  }
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, fillTemplate(inner, values)]));
}

/** Lists the parameters in a template, with the path of the text that each is in. @param path of the template itself */
export function findParameters(template: unknown, path: DocumentPath = []): { name: string; path: DocumentPath }[] {
  if (typeof template === 'string')
    return [...template.matchAll(EMBEDDED_PARAMETER)].map(([, plain, braced]) => ({ name: (plain ?? braced)!, path }));
  if (Array.isArray(template)) return template.flatMap((item, index) => findParameters(item, [...path, index]));
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([key, inner]) => findParameters(inner, [...path, key]));
}

/** Fills a template for one cell and seed. */
export function fillForCell(template: unknown, cell: MatrixCell, seed: number): unknown {
  const values = { ...cell.values, [SEED_PARAMETER]: seed };
  // A value may hold parameters itself, such as the seed of a shape.
  return fillTemplate(fillTemplate(template, values), values);
}

/** Names a cell and seed in a message: `degree=3 and seed 1`. */
export function describeCell({ key }: MatrixCell, seed: number): string {
  return key === 'all' ? `seed ${seed}` : `${key} and seed ${seed}`;
}

/** Shortens a path of a filled template to the part that exists in the template: the inside of a parameter has no place. */
export function nearestTemplatePath(template: unknown, path: DocumentPath): DocumentPath {
  const missing = path.findIndex((_, index) => valueAt(template, path.slice(0, index + 1)) === undefined);
  return missing < 0 ? path : path.slice(0, missing);
}
