/** The format's bounds and defaults, in one place for the parser, the schema and the documentation. */

/** Most nodes in a file. */
export const MAX_NODES = 10_000;
/** Most links in a file, a two-way link counting twice: a mesh of 1,000 nodes just fits. */
export const MAX_LINKS = 1_000_000;
/** Most characters of a name. */
export const MAX_NAME_LENGTH = 40;

export const DEFAULT_PORT = 3000;
/** Bytes. */
export const DEFAULT_MEMORY_BYTES = 128 * 1024 ** 2;
/** Bytes; Docker refuses to start a container with less. */
export const MIN_MEMORY_BYTES = 6 * 1024 ** 2;
/** Cores; Docker's smallest share. */
export const MIN_CPUS = 0.01;
/** The kernel's own upper bound on process ids. */
export const MAX_PIDS = 4_194_304;
/** Longest delay, milliseconds: an hour; beyond it lies a typing error. */
export const MAX_DELAY_MS = 3_600_000;
/** Slowest rate, bits a second: a packet of 1,500 bytes takes one and a half seconds. */
export const MIN_RATE_BITS_PER_SECOND = 8_000;
/** Fastest rate, bits a second: beyond any network, and what a machine can copy. */
export const MAX_RATE_BITS_PER_SECOND = 100_000_000_000;
/** Seeds are 32-bit. */
export const MAX_SEED = 2 ** 32 - 1;

/** Lower-case letters, digits and inner hyphens: valid in host names, container names and labels alike. */
export const NAME_PATTERN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
/** Start of a numbered name; unlike a name it may end in a hyphen, as in `node-` for `node-1`. */
export const NAME_PREFIX_PATTERN = /^[a-z0-9][a-z0-9-]*$/;
