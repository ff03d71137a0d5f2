import { z } from 'zod';
import type { Mistake } from './mistakes.ts';
import { formatPath, type Path } from './path.ts';
import type { Part, Source } from './source.ts';
import { didYouMean } from './suggest.ts';
import { found, quote, schemaAt, valueAt } from './wording.ts';

export interface MistakeDetails {
  hint?: string | undefined;
  /** What to underline (default: the value). */
  part?: Part;
}

/** One reading of a topology, which collects every mistake instead of stopping at the first. */
export class Reading {
  readonly #source: Source;
  readonly #mistakes: Mistake[] = [];
  readonly #seen = new Set<string>();

  constructor(source: Source) {
    this.#source = source;
    for (const flaw of source.flaws) this.#mistakes.push({ path: '', ...flaw });
  }

  /** In the order of the file. */
  get mistakes(): readonly Mistake[] {
    return this.#mistakes.toSorted((one, other) => {
      if (one.place === undefined || other.place === undefined) return 0;
      return one.place.line - other.place.line || one.place.column - other.place.column;
    });
  }

  /** How many there are so far. */
  get count(): number {
    return this.#mistakes.length;
  }

  mistake(path: Path, message: string, { hint, part = 'value' }: MistakeDetails = {}): void {
    const place = this.#source.place(path, part);
    // A part that is wrong twice over, or that two aliases repeat, is reported once.
    const spot = place === undefined ? `${formatPath(path)} ${part}` : `${place.line}:${place.column}`;
    if (this.#seen.has(spot)) return;
    this.#seen.add(spot);
    const mistake: Mistake = { message, path: formatPath(path) };
    if (hint !== undefined) mistake.hint = hint;
    if (place !== undefined) mistake.place = place;
    this.#mistakes.push(mistake);
  }

  /** Parses a part of the file; undefined when it has mistakes, which are then noted. */
  check<Schema extends z.ZodType>(schema: Schema, value: unknown, path: Path): z.output<Schema> | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#report(schema, value, path, issue);
    return undefined;
  }

  #report(schema: z.ZodType, value: unknown, base: Path, issue: z.core.$ZodIssue): void {
    const inner = issue.path as (string | number)[];
    if (issue.code === 'invalid_union') {
      // Of several forms, the one that fails only deeper inside is the one that was meant.
      const meant = issue.errors.find((errors) => errors.length > 0 && errors.every(({ path }) => path.length > 0));
      for (const deeper of meant ?? [])
        this.#report(schema, value, base, { ...deeper, path: [...inner, ...deeper.path] });
      if (meant !== undefined) return;
    }
    const path = [...base, ...inner];
    const { schema: asked, expected, likely } = schemaAt(schema, inner);
    const got = valueAt(value, inner);
    if (issue.code === 'unrecognized_keys') {
      const known = asked instanceof z.ZodObject ? Object.keys(asked.shape) : [];
      for (const key of issue.keys) this.unknownKey([...path, key], known);
    } else if (issue.code === 'invalid_key') {
      const key = String(inner.at(-1));
      const record = schemaAt(schema, inner.slice(0, -1)).schema;
      const wanted = record instanceof z.ZodRecord ? schemaAt(record.keyType as z.ZodType, []).expected : undefined;
      this.mistake(path, `expected ${wanted ?? 'another key'}, got ${quote(key)}`, { part: 'key' });
    } else if (got === undefined && inner.length > 0) {
      this.mistake(path.slice(0, -1), `missing key ${quote(String(path.at(-1)))}: expected ${expected}`);
    } else {
      const options = asked instanceof z.ZodEnum ? asked.options.map(String) : [];
      const word = typeof got === 'string' ? got.replace(/^cap_/i, '') : '';
      const guesses = likely(got);
      const guess = guesses.length > 0 ? `did you mean ${guesses.join(' or ')}?` : undefined;
      this.mistake(path, `expected ${expected}, got ${found(got)}`, {
        hint: options.length > 0 ? didYouMean(word, options, 'known') : guess,
      });
    }
  }

  unknownKey(path: Path, known: readonly string[]): void {
    const key = String(path.at(-1));
    const hint =
      key === '<<' ? 'merge keys are not part of YAML 1.2: use "defaults"' : didYouMean(key, known, 'known keys');
    this.mistake(path, `unknown key ${quote(key)}`, { hint, part: 'key' });
  }

  /** Where a value stands, to name it in a mistake about another one: `3:14`, or its path where there is no file. */
  where(path: Path): string {
    const place = this.#source.place(path, 'value');
    return place === undefined ? formatPath(path) : `${place.line}:${place.column}`;
  }

  /** The keys of a map in the order of the file. */
  keys(value: object, path: Path): string[] {
    const own = Object.keys(value);
    // With a key that is there twice, the file's list is longer than the value's.
    return [...new Set(this.#source.keys(path) ?? own)].filter((key) => Object.hasOwn(value, key));
  }

  /** A scalar as it is written in the file, if there is a file. */
  written(path: Path): string | undefined {
    return this.#source.written(path);
  }
}
