import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import type { MatrixAxis } from '../plan/experiment.ts';
import type { CellPair } from './compare.ts';
import type { CellSummary } from './summary.ts';

type Parameters = Record<string, ParameterLabel>;

/**
 * Parses which cells are meant: values of parameters, as in `shape=ring gossip=flood`, or as plots name them, `shape ring, gossip
 * flood`. A value that only one parameter has needs no name, and a parameter that is left out may have any value.
 * @throws DevnetError `usage`
 */
export function parseCellSelector(text: string, axes: readonly MatrixAxis[]): Parameters {
  const words = axes.flatMap(({ name, labels }) =>
    labels.flatMap((label) => {
      const isUnique = axes.every(
        (other) => other.name === name || !other.labels.some((one) => `${one}` === `${label}`),
      );
      // Plots and tables of the report write "shape ring".
      return [`${name}=${label}`, `${name} ${label}`, ...(isUnique ? [`${label}`] : [])].map((word) => ({
        word,
        name,
        label,
      }));
    }),
  );
  const parameters: Parameters = {};
  let rest = text.trim();
  while (rest !== '') {
    // Values may hold spaces and commas themselves: the longest one that fits is meant.
    const fitting = words.filter(
      ({ word }) => rest === word || (/^[\s,]/.test(rest.slice(word.length)) && rest.startsWith(word)),
    );
    const found = fitting.sort((one, other) => other.word.length - one.word.length)[0];
    if (found === undefined) {
      const known = axes.map(({ name, labels }) => `${name}=${labels.join('|')}`);
      throw new DevnetError('usage', `unknown cell "${text}": no parameter has the value "${rest}"`, {
        hint:
          known.length === 0
            ? 'the experiment has a single cell'
            : `parameters: ${formatList(known, { separator: '; ' })}`,
      });
    }
    parameters[found.name] = found.label;
    rest = rest.slice(found.word.length).replace(/^[\s,]+/, '');
  }
  return parameters;
}

/**
 * Returns the pairs of cells to compare. Two selectors or more: cells of one with cells of another, where all parameters are
 * equal that neither of them gives. One: its cells with all others. None: all cells that differ in one parameter.
 * @throws DevnetError `usage` for a selector without a cell
 */
export function selectPairs(
  cells: readonly CellSummary[],
  axes: readonly MatrixAxis[],
  selectors: readonly string[],
): CellPair[] {
  const chosen = selectors.map((text) => {
    const parameters = parseCellSelector(text, axes);
    const matching = cells.filter((cell) =>
      Object.entries(parameters).every(([name, label]) => cell.parameters[name] === label),
    );
    if (matching.length === 0) throw new DevnetError('usage', `no cell "${text}" has a complete run`);
    return { parameters, matching };
  });
  const [only, ...others] = chosen;
  if (only === undefined) return pairsOf(cells).filter(([a, b]) => differingAxes(a, b, axes).length === 1);
  if (others.length === 0)
    return only.matching.flatMap((one) =>
      cells.flatMap((other) => (only.matching.includes(other) ? [] : [[one, other] as const])),
    );
  return pairsOf(chosen).flatMap(([one, other]) =>
    one.matching.flatMap((a) =>
      other.matching.flatMap((b): CellPair[] => {
        const isFair = differingAxes(a, b, axes).every(
          ({ name }) => name in one.parameters || name in other.parameters,
        );
        return a !== b && isFair ? [[a, b]] : [];
      }),
    ),
  );
}

const pairsOf = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((one, index) => items.slice(index + 1).map((other): [T, T] => [one, other]));

const differingAxes = (a: CellSummary, b: CellSummary, axes: readonly MatrixAxis[]): MatrixAxis[] =>
  axes.filter(({ name }) => a.parameters[name] !== b.parameters[name]);
