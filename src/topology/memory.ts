/** A number of bytes, with a unit if any: `64m`, `0.5g`, `64MiB`, `1 GB`. */
export const MEMORY = /^(\d+(?:\.\d+)?) ?([bkmgBKMG]|[kmgKMG][iI]?[bB])?$/;

const POWERS: Record<string, number> = { b: 0, k: 1, m: 2, g: 3 };

/**
 * Bytes that a memory size stands for. As everywhere in Docker, units are powers of 1024, however they are spelled.
 * Fractions of a byte are dropped.
 *
 * @param size matches {@link MEMORY}
 */
export function bytes(size: string): number {
  const [, amount, unit = 'b'] = MEMORY.exec(size) ?? [];
  return Math.floor(Number(amount) * 1024 ** POWERS[unit[0]!.toLowerCase()]!);
}
