/** Limits and defaults of the topology format. */

/** Most nodes of a topology. */
export const MAX_NODES = 10_000;
/** Most links of a topology, a two-way link counting twice: a mesh of 1,000 nodes just fits. */
export const MAX_LINKS = 1_000_000;
/** Most characters of a name. */
export const MAX_NAME_LENGTH = 40;

/** Memory limit of a node, bytes. */
export const DEFAULT_MEMORY_BYTES = 128 * 1024 ** 2;
/** Smallest memory limit, bytes: Docker refuses to start a container with less. */
export const MIN_MEMORY_BYTES = 6 * 1024 ** 2;
/** Smallest processor limit, cores: Docker's own minimum. */
export const MIN_CPUS = 0.01;
/** Most processes of a node: the kernel's own limit on process ids. */
export const MAX_PIDS = 4_194_304;
/** Longest delay, milliseconds: an hour. More is most likely a typing error. */
export const MAX_DELAY_MS = 3_600_000;
/** Lowest rate, bits a second: a packet of 1,500 bytes takes one and a half seconds. */
export const MIN_RATE_BITS_PER_SECOND = 8_000;
/** Highest rate, bits a second: more than any machine can copy. */
export const MAX_RATE_BITS_PER_SECOND = 100_000_000_000;
/** Largest seed: they are 32-bit. */
export const MAX_SEED = 2 ** 32 - 1;

/** Lower-case letters, digits and inner hyphens: valid in host names, container names and labels alike. */
export const NAME_PATTERN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
/** Start of a numbered name; unlike a name it may end in a hyphen, as in `node-` for `node-1`. */
export const NAME_PREFIX_PATTERN = /^[a-z0-9][a-z0-9-]*$/;
