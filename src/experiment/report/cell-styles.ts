import { CATEGORICAL_COLOURS } from '../../shared/palette.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import type { Experiment, MatrixAxis } from '../plan/experiment.ts';
import { categoryStyle, PATTERN_COUNT, type SeriesStyle, shadeOf, stepStyle } from '../plot/colours.ts';
import type { CellSummary } from '../results/summary.ts';

type Parameters = Record<string, ParameterLabel>;

/**
 * Names and styles of the cells of an experiment, the same in every plot of its report. Cells along one quantity go from dark to
 * bright. Other cells have the colour of their first parameter without an order: its values in shades along a quantity, or
 * with a dash pattern for each value of the others.
 */
export class CellStyles {
  /** The parameter that is a quantity, which metrics are drawn against. */
  readonly along: MatrixAxis | undefined;
  readonly #name: string;
  readonly #axes: readonly MatrixAxis[];
  /** The other parameters. */
  readonly #others: readonly MatrixAxis[];

  constructor({ name, axes }: Pick<Experiment, 'name' | 'axes'>) {
    this.#name = name;
    this.#axes = axes;
    this.along = axes.find(({ labels }) => isNumeric(labels));
    this.#others = axes.filter((axis) => axis !== this.along);
  }

  /** True if the cells are steps of one quantity. */
  get areOrdered(): boolean {
    return this.along !== undefined && this.#others.length === 0;
  }

  /** Number of consecutive cells that differ in the last parameter only. */
  get together(): number {
    return this.#axes.length > 1 ? this.#axes.at(-1)!.labels.length : 1;
  }

  /** Names a cell by its parameters; text values of a single parameter speak for themselves. */
  titleOf({ parameters }: Pick<CellSummary, 'parameters'>): string {
    return this.#axes.length === 0 ? this.#name : describe(this.#axes, parameters);
  }

  styleOf({ parameters }: Pick<CellSummary, 'parameters'>): SeriesStyle {
    const { along } = this;
    if (along === undefined) return this.#groupStyle(parameters);
    const step = indexOf(along, parameters);
    if (this.#others.length === 0) return stepStyle(step, along.labels.length);
    return shadeOf(this.#groupStyle(parameters), step, along.labels.length);
  }

  /** Groups cells that differ only in the quantity, in their order, each with a name and a style. */
  groupsOf(cells: readonly CellSummary[]): { name: string; style: SeriesStyle; cells: CellSummary[] }[] {
    const groups = new Map<string, { name: string; style: SeriesStyle; cells: CellSummary[] }>();
    for (const cell of cells) {
      const name = describe(this.#others, cell.parameters);
      const group = groups.get(name) ?? { name, style: this.#groupStyle(cell.parameters), cells: [] };
      group.cells.push(cell);
      groups.set(name, group);
    }
    return [...groups.values()];
  }

  #groupStyle(parameters: Parameters): SeriesStyle {
    const [main, ...rest] = this.#others;
    if (main === undefined) return categoryStyle(0);
    const [colour, pattern] = [indexOf(main, parameters), combinationIndex(rest, parameters)];
    const patterns = rest.reduce((count, { labels }) => count * labels.length, 1);
    return main.labels.length <= CATEGORICAL_COLOURS.length && patterns <= PATTERN_COUNT
      ? { ...categoryStyle(colour), pattern }
      : categoryStyle(colour * patterns + pattern);
  }
}

const isNumeric = (labels: readonly ParameterLabel[]): boolean =>
  labels.length > 1 && labels.every((label) => typeof label === 'number');

const indexOf = ({ name, labels }: MatrixAxis, parameters: Parameters): number => labels.indexOf(parameters[name]!);

/** Position among all combinations of the values of some parameters. */
const combinationIndex = (axes: readonly MatrixAxis[], parameters: Parameters): number =>
  axes.reduce((index, axis) => index * axis.labels.length + indexOf(axis, parameters), 0);

/** A single parameter need not be named where its value is a word. */
function describe(axes: readonly MatrixAxis[], parameters: Parameters): string {
  const [only] = axes;
  const label = only && parameters[only.name];
  if (axes.length === 1 && typeof label === 'string' && !/^\d/.test(label)) return label;
  return axes.map(({ name }) => `${name} ${parameters[name]}`).join(', ');
}
