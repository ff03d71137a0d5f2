import { z } from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { describeValue, quote, schemaAt, suggestQuotes, toValidName, valueAt } from './diagnostic-text.ts';
import { didYouMean } from './did-you-mean.ts';
import { type DocumentPath, formatDocumentPath } from './document-path.ts';
import { type DevnetFileKind, recogniseForeignFile } from './foreign-file.ts';
import type { SourceDocument, SourceSpan } from './source-document.ts';

/** Details of a diagnostic beside its message. */
export interface DiagnosticDetails {
  hint?: string | undefined;
  /**
   * Part of the source to underline.
   * @default 'value'
   */
  span?: SourceSpan;
}

/** Hints for keys that other programs have. */
const UNKNOWN_KEY_HINTS = new Map([
  ['<<', 'merge keys are not part of YAML 1.2: use "defaults"'],
  ['build', 'make an image first, with devnet build FOLDER, and name it as "image"'],
]);

/** State of one parse: the document, and the diagnostics so far. Collects every mistake instead of stopping at the first. */
export class ParseContext {
  readonly #source: SourceDocument;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #reportedSpots = new Set<string>();

  constructor(source: SourceDocument) {
    this.#source = source;
    for (const error of source.syntaxErrors) this.#diagnostics.push({ path: '', ...error });
  }

  /** In the order of the file. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics.toSorted((one, other) => {
      if (one.place === undefined || other.place === undefined) return 0;
      return one.place.line - other.place.line || one.place.column - other.place.column;
    });
  }

  /** Number of diagnostics so far. */
  get diagnosticCount(): number {
    return this.#diagnostics.length;
  }

  /** Adds a diagnostic. */
  report(path: DocumentPath, message: string, { hint, span = 'value' }: DiagnosticDetails = {}): void {
    const place = this.#source.locate(path, span);
    // A value that is wrong in two ways, or that two aliases repeat, is reported once.
    const spot = place === undefined ? `${formatDocumentPath(path)} ${span}` : `${place.line}:${place.column}`;
    if (this.#reportedSpots.has(spot)) return;
    this.#reportedSpots.add(spot);
    const diagnostic: Diagnostic = { message, path: formatDocumentPath(path) };
    if (hint !== undefined) diagnostic.hint = hint;
    if (place !== undefined) diagnostic.place = place;
    this.#diagnostics.push(diagnostic);
  }

  /** Parses a value by a schema. Reports what is wrong and returns undefined when the value does not match. */
  validate<Schema extends z.ZodType>(schema: Schema, value: unknown, path: DocumentPath): z.output<Schema> | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#reportIssue(schema, value, path, issue);
    return undefined;
  }

  #reportIssue(schema: z.ZodType, value: unknown, base: DocumentPath, issue: z.core.$ZodIssue): void {
    const inner = issue.path as (string | number)[];
    if (issue.code === 'invalid_union') {
      // Among several forms, the user most likely meant the one whose errors are all inside the value.
      const meant = issue.errors.find((errors) => errors.length > 0 && errors.every(({ path }) => path.length > 0));
      for (const deeper of meant ?? [])
        this.#reportIssue(schema, value, base, { ...deeper, path: [...inner, ...deeper.path] });
      if (meant !== undefined) return;
    }
    const path = [...base, ...inner];
    const { schema: at, whole, expected, suggest, explain } = schemaAt(schema, inner);
    const got = valueAt(value, inner);
    if (issue.code === 'unrecognized_keys') {
      const known = at instanceof z.ZodObject ? Object.keys(at.shape) : [];
      for (const key of issue.keys) this.reportUnknownKey([...path, key], known);
    } else if (issue.code === 'invalid_key') {
      const key = String(inner.at(-1));
      const record = schemaAt(schema, inner.slice(0, -1)).schema;
      const wanted = record instanceof z.ZodRecord ? schemaAt(record.keyType as z.ZodType, []).expected : undefined;
      this.report(path, `expected ${wanted ?? 'another key'}, got ${quote(key)}`, { span: 'key' });
    } else if (got === undefined && inner.length > 0) {
      this.report(path.slice(0, -1), `missing key ${quote(String(path.at(-1)))}: expected ${expected}`);
    } else {
      const options = at instanceof z.ZodEnum ? at.options.map(String) : [];
      const word = typeof got === 'string' ? got.replace(/^cap_/i, '') : '';
      const guesses = suggest(got);
      const guess = guesses.length > 0 ? `did you mean ${guesses.join(' or ')}?` : explain(got);
      const hint = options.length > 0 ? didYouMean(word, options, 'known') : guess;
      this.report(path, `expected ${expected}, got ${this.describe(path, got)}`, {
        hint: hint ?? suggestQuotes(whole, got, this.rawText(path)),
      });
    }
  }

  /** Describes a value for the end of "expected …, got …": a number as the file has it, such as `0755`. */
  describe(path: DocumentPath, value: unknown): string {
    return (typeof value === 'number' ? this.rawText(path) : undefined) ?? describeValue(value);
  }

  /**
   * Reports a file of another tool, or of another devnet command, in place of all that is wrong with it as the wanted one.
   * @returns whether it is one
   */
  reportForeignFile(wanted: DevnetFileKind): boolean {
    const { text, isUsable, value } = this.#source;
    const found = recogniseForeignFile(text, isUsable ? value : undefined, wanted);
    if (found === undefined) return false;
    this.#diagnostics.length = 0;
    const { what, hint, key } = found;
    const path = key === undefined ? [] : [key];
    this.report(path, `this is ${what}, not a devnet ${wanted}`, { hint, span: 'key' });
    return true;
  }

  /** Reports a key that is not among the known ones, with a hint at the one that was meant. */
  reportUnknownKey(path: DocumentPath, known: readonly string[]): void {
    const key = String(path.at(-1));
    const hint = UNKNOWN_KEY_HINTS.get(key) ?? didYouMean(key, known, 'known keys');
    this.report(path, `unknown key ${quote(key)}`, { hint, span: 'key' });
  }

  /** Reports an invalid name, with the nearest valid one as a hint. */
  reportInvalidName(schema: z.ZodType, name: string, path: DocumentPath, span: SourceSpan = 'value'): void {
    const valid = toValidName(name);
    const hint = schema.safeParse(valid).success ? `did you mean ${quote(valid)}?` : undefined;
    this.report(path, `expected ${schema.meta()?.expected}, got ${quote(name)}`, { span, hint });
  }

  /** Formats the location of a value, for a diagnostic about another one: `3:14`, or the path where there is no file. */
  formatLocation(path: DocumentPath): string {
    const place = this.#source.locate(path, 'value');
    return place === undefined ? formatDocumentPath(path) : `${place.line}:${place.column}`;
  }

  /** Returns the keys of a map in the order of the file. */
  keysInOrder(value: object, path: DocumentPath): string[] {
    const own = Object.keys(value);
    // With a duplicate key, the file has more keys than the value.
    return [...new Set(this.#source.keysInOrder(path) ?? own)].filter((key) => Object.hasOwn(value, key));
  }

  /** Returns the text of a scalar as the file has it; undefined without a file. */
  rawText(path: DocumentPath): string | undefined {
    return this.#source.rawText(path);
  }
}
