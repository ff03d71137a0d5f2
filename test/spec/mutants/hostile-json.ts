import { Framer } from './framer.ts';
import { type Mutant, mutant, withFramer, withHandler } from './mutant.ts';
import { type Connection, ReferenceNode } from './reference-node.ts';

/** Creates a node that rewrites the text of a message before it parses it. */
function withRewrittenText(rewrite: (text: string) => string): new () => ReferenceNode {
  return class extends ReferenceNode {
    override decode(bytes: Buffer): string {
      return rewrite(super.decode(bytes));
    }
  };
}

/** Creates a node that echoes something other than it received. */
function withEcho(make: (payload: unknown) => unknown): new () => ReferenceNode {
  return withHandler(
    'echo',
    () =>
      (payload, { dialed }) =>
        dialed ? undefined : { message_type: 'echo', payload: make(payload) },
  );
}

class Deep extends Framer {
  override maxDepth = 1_000_000;
}

export const hostileJson: readonly Mutant[] = [
  mutant(
    '3.1',
    'closes on invalid JSON',
    class extends ReferenceNode {
      override refuse(connection: Connection, code: string): void {
        super.refuse(connection, code, code === 'invalid_json' || code === 'too_large');
      }
    },
  ),
  mutant(
    '3.2',
    'reads on over a blank line inside a message',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        const text = chunk.toString('latin1').replace(/^(\{"message_type"[^}]*)\r?\n\r?\n/, '$1');
        super.hear(connection, Buffer.from(text, 'latin1'));
      }
    },
  ),
  mutant(
    '3.3',
    'uses the first of equal keys',
    withRewrittenText((text) => text.replace('"payload":"first","payload":"last"', '"payload":"first"')),
  ),
  mutant(
    '3.4',
    'copies keys one by one into a new object',
    withEcho((payload) => {
      if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload;
      const copy: Record<string, unknown> = {};
      for (const key of Object.keys(payload)) copy[key] = (payload as Record<string, unknown>)[key];
      return copy;
    }),
  ),
  mutant(
    '3.5',
    'replaces lone surrogates',
    withEcho((payload) =>
      typeof payload === 'string' ? payload.replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, '\ufffd') : payload,
    ),
  ),
  mutant(
    '3.6',
    'cuts text at a NUL',
    withRewrittenText((text) => text.replace(/\0[^"]*/, '')),
  ),
  mutant(
    '3.7',
    'drops an escaped NUL',
    withRewrittenText((text) => text.replaceAll('\\u0000', '')),
  ),
  mutant(
    '3.8',
    'rounds large integers',
    class extends ReferenceNode {
      override isExact(number: string): boolean {
        return Number.isFinite(Number(number));
      }
    },
  ),
  mutant(
    '3.9',
    'turns infinite numbers into null',
    class extends ReferenceNode {
      override isExact(number: string): boolean {
        return !Number.isFinite(Number(number)) || super.isExact(number);
      }
    },
  ),
  mutant(
    '3.10',
    'repairs invalid UTF-8',
    class extends ReferenceNode {
      override decode(bytes: Buffer): string {
        return bytes.toString('utf8').replaceAll('\ufeff', '');
      }
    },
  ),
  mutant(
    '3.11',
    'accepts 32 levels of nesting only',
    withFramer(
      class extends Framer {
        override maxDepth = 32;
      },
    ),
  ),
  mutant('3.12', 'has no limit for nesting', withFramer(Deep)),
  mutant(
    '3.12',
    'crashes on deep nesting',
    class extends ReferenceNode {
      override framer(): Framer {
        return new Deep();
      }
      override broken(): void {}
      override receive(connection: Connection, bytes: Buffer): void {
        if (bytes.length > 100_000 && bytes.includes('[[[[')) this.stop();
        else super.receive(connection, bytes);
      }
    },
    { crashes: true },
  ),
  mutant(
    '3.13',
    'accepts comments',
    withRewrittenText((text) => text.replace(/\/\*.*?\*\//g, '')),
  ),
  mutant(
    '3.14',
    'answers HTTP',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        if (chunk.subarray(0, 4).toString('latin1') === 'GET ') this.send(connection, this.peers());
        else super.hear(connection, chunk);
      }
    },
  ),
];
