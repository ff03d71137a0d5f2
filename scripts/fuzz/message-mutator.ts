/** Returns a whole number from 0 up to, but not including, `below`. */
export type RandomBelow = (below: number) => number;

/** Marsaglia's xorshift with 32 bits: good enough to choose by, and the same on every platform. */
export function createSeededRandom(seed: number): RandomBelow {
  let state = Math.imul(seed + 1, 0x9e3779b9) || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const MESSAGE_TYPES = [
  'ping',
  'pong',
  'echo',
  'get_peers',
  'list_peers',
  'peers',
  'add_peer',
  'remove_peer',
  'gossip',
  'ihave',
  'iwant',
  'chat',
  'hello',
  'get_status',
  'status',
  'error',
];
const SAMPLE_STRINGS = [
  '',
  'a',
  'constructor',
  '__proto__',
  'toString',
  'é',
  '\u0000',
  '\ud800',
  '{"',
  '\n\n',
  'x'.repeat(300),
];
/** Tokens that are invalid or rare in JSON. */
const EDGE_CASE_TOKENS = [
  '1e999',
  '-1e-999',
  '9007199254740993',
  '-0',
  '1'.repeat(400),
  'NaN',
  '01',
  '.5',
  '"\\ud83d"',
  '"\\x"',
];
const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '\n\n',
  '\r\n\r\n',
  ' ',
  '\ufeff',
  '\u0000',
  'null',
  '\\u',
];
const BAD_UTF8 = [[0xc0, 0xaf], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xff, 0xfe], [0x80], [0xf5, 0x80, 0x80, 0x80]];
const OTHER_PROTOCOLS = [
  Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n'),
  Buffer.from('16030100c8010000c40303', 'hex'),
  Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
  Buffer.from('EHLO localhost\r\n'),
  Buffer.from('*1\r\n$4\r\nPING\r\n'),
];

/** Generates random and mutated messages. The same seed gives the same bytes. */
export class MessageMutator {
  readonly #random: RandomBelow;
  readonly #port: number;
  #last: Buffer = Buffer.from('{}');

  /** @param port loopback port that nothing listens on, for addresses in messages */
  constructor(random: RandomBelow, port: number) {
    this.#random = random;
    this.#port = port;
  }

  next(): Buffer {
    const message = this.#makeMessage();
    if (this.#random(20) > 0) this.#last = message;
    return this.#random(8) === 0 ? message : Buffer.concat([message, this.#terminator()]);
  }

  #makeMessage(): Buffer {
    switch (this.#random(12)) {
      case 0:
        return Buffer.from(this.#pick(OTHER_PROTOCOLS));
      case 1:
        return Buffer.from(Array.from({ length: this.#random(60) }, () => this.#pick(FRAGMENTS)).join(''));
      case 2:
        return this.#deeplyNested();
      case 3:
        return Buffer.from(this.#validMessage());
      case 4:
        return Buffer.from(this.#validMessage().replace(/:("[^"]*"|\d+|null)/, `:${this.#pick(EDGE_CASE_TOKENS)}`));
      case 5:
        return Buffer.concat([this.#last, this.#last]);
      case 6:
        return Buffer.from(JSON.stringify(this.#jsonValue(4)));
      case 7: {
        const text = Buffer.from(this.#validMessage());
        return text.subarray(0, this.#random(text.length));
      }
      case 8:
        return this.#random(500) === 0
          ? this.#nearSizeLimit()
          : Buffer.from(JSON.stringify(JSON.parse(this.#validMessage()), null, 1));
      default:
        return this.#corruptBytes(Buffer.from(this.#validMessage()));
    }
  }

  #validMessage(): string {
    const type = this.#pick(MESSAGE_TYPES);
    return JSON.stringify({
      message_type: type,
      payload: this.#random(4) === 0 ? this.#jsonValue(3) : this.#payload(type),
    });
  }

  #payload(type: string): unknown {
    const address = this.#pick([`127.0.0.1:${this.#port}`, this.#port, { port: this.#port }, `[::1]:${this.#port}`]);
    if (type === 'add_peer' || type === 'remove_peer') return address;
    if (type === 'gossip')
      return { id: String(this.#random(100_000)), hops: this.#random(40), data: this.#jsonValue(2) };
    if (type === 'ihave' || type === 'iwant')
      return { ids: Array.from({ length: this.#random(20) }, () => String(this.#random(100_000))) };
    if (type === 'hello')
      return {
        name: this.#pick(SAMPLE_STRINGS),
        listen: address,
        version: '1',
        id: this.#pick(SAMPLE_STRINGS),
        link: 0,
      };
    if (type === 'error') return { code: this.#pick(SAMPLE_STRINGS), message: this.#pick(SAMPLE_STRINGS) };
    return this.#jsonValue(2);
  }

  #jsonValue(depth: number): unknown {
    const kind = this.#random(depth > 0 ? 8 : 5);
    if (kind === 0) return this.#pick([null, true, false]);
    if (kind === 1) return this.#random(1_000) - 500;
    if (kind === 2) return (this.#random(1_000_000) - 5e5) * 10 ** (this.#random(30) - 15);
    if (kind < 5) return this.#pick(SAMPLE_STRINGS);
    const length = this.#random(4);
    if (kind < 7) return Array.from({ length }, () => this.#jsonValue(depth - 1));
    return Object.fromEntries(
      Array.from({ length }, () => [
        this.#pick([...SAMPLE_STRINGS, 'message_type', 'payload', 'id']),
        this.#jsonValue(depth - 1),
      ]),
    );
  }

  #deeplyNested(): Buffer {
    const levels = this.#random(this.#random(100) === 0 ? 100_000 : 300);
    const open = this.#pick(['[', '{"a":', '{"message_type":']);
    const closed = this.#random(2) === 0 ? (open === '[' ? ']' : '}').repeat(levels) : '';
    return Buffer.from(`{"message_type":"echo","payload":${open.repeat(levels)}${closed === '' ? '' : `1${closed}`}`);
  }

  #nearSizeLimit(): Buffer {
    const size = 1_048_576 + this.#random(200) - 100;
    return Buffer.from(`{"message_type":"echo","payload":"${'y'.repeat(size)}"}`);
  }

  /** Replaces, removes, repeats and inserts some bytes. */
  #corruptBytes(bytes: Buffer): Buffer {
    let result = bytes;
    for (let left = 1 + this.#random(4); left > 0; left--) {
      const at = this.#random(result.length + 1);
      const [before, after] = [result.subarray(0, at), result.subarray(at)];
      const length = this.#random(Math.min(8, after.length + 1));
      const change = this.#random(5);
      if (change === 0) result = Buffer.concat([before, Buffer.from([this.#random(256)]), after.subarray(1)]);
      else if (change === 1) result = Buffer.concat([before, after.subarray(length)]);
      else if (change === 2) result = Buffer.concat([before, after.subarray(0, length), after]);
      else if (change === 3) result = Buffer.concat([before, Buffer.from(this.#pick(FRAGMENTS)), after]);
      else result = Buffer.concat([before, Buffer.from(this.#pick(BAD_UTF8)), after]);
    }
    return result;
  }

  #terminator(): Buffer {
    return Buffer.from(this.#pick(['\n\n', '\n\n', '\n', '\r\n\r\n', '\r\n', '\n\n\n\n', ' ', '}\n\n', '"\n\n']));
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#random(all.length)] as T;
  }
}
