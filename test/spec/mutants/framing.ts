import { type Frame, Framer } from './framer.ts';
import { type Mutant, mutant, withFramer } from './mutant.ts';
import { type Connection, type Message, ReferenceNode } from './reference-node.ts';

/** Splits at a separator only, as readers of lines do. */
class SeparatorFramer extends Framer {
  protected text = '';
  protected separator: string | RegExp = '\n';

  override get pending(): number {
    return this.text.length;
  }

  override push(chunk: Buffer): Frame[] {
    const pieces = (this.text + chunk.toString('latin1')).split(this.separator);
    this.text = pieces.pop() ?? '';
    return pieces.flatMap((piece) => this.frames(piece));
  }

  override end(): Frame[] {
    const { text } = this;
    this.text = '';
    return this.frames(text);
  }

  protected frames(piece: string): Frame[] {
    const trimmed = piece.trim();
    return trimmed === '' ? [] : [{ bytes: Buffer.from(trimmed, 'latin1') }];
  }
}

/** Creates a node that ignores some pieces of the stream. */
function ignoringPieces(isIgnored: (chunk: Buffer) => boolean): new () => ReferenceNode {
  return class extends ReferenceNode {
    override hear(connection: Connection, chunk: Buffer): void {
      if (!isIgnored(chunk)) super.hear(connection, chunk);
    }
  };
}

export const framing: readonly Mutant[] = [
  mutant(
    '1.1',
    'answers only once the sender has half-closed',
    class extends ReferenceNode {
      readonly #heard = new Map<Connection, Buffer[]>();

      override hear(connection: Connection, chunk: Buffer): void {
        const heard = this.#heard.get(connection) ?? [];
        this.#heard.set(connection, [...heard, chunk]);
        if (connection.dialed) super.hear(connection, chunk);
      }

      override halfClosed(connection: Connection): void {
        super.hear(connection, Buffer.concat(this.#heard.get(connection) ?? []));
        super.halfClosed(connection);
      }
    },
  ),
  mutant(
    '1.2',
    'ends a message at a blank line only',
    withFramer(
      class extends SeparatorFramer {
        override separator = /\r?\n\r?\n/;
      },
    ),
  ),
  mutant(
    '1.3',
    'treats a carriage return as part of the message',
    withFramer(
      class extends Framer {
        protected override blank(byte: number): boolean {
          return byte !== 0x0d && super.blank(byte);
        }
      },
    ),
  ),
  mutant('1.4', 'treats each line as a message', withFramer(SeparatorFramer)),
  mutant(
    '1.5',
    'ignores the half-close',
    class extends ReferenceNode {
      override halfClosed(): void {}
    },
  ),
  mutant(
    '1.6',
    'waits for a newline after the last brace',
    withFramer(
      class extends Framer {
        #ready: Frame[] = [];

        override push(chunk: Buffer): Frame[] {
          const frames = [...this.#ready, ...super.push(chunk)];
          this.#ready = [];
          if (chunk.includes(0x0a)) return frames;
          this.#ready = frames;
          return [];
        }

        override end(): Frame[] {
          return [...this.#ready.splice(0), ...super.end()];
        }
      },
    ),
  ),
  mutant(
    '1.7',
    'drops the second message of a segment',
    withFramer(
      class extends Framer {
        override push(chunk: Buffer): Frame[] {
          return super.push(chunk).slice(0, 1);
        }
      },
    ),
  ),
  mutant(
    '1.7',
    'replies out of order',
    withFramer(
      class extends Framer {
        override push(chunk: Buffer): Frame[] {
          return super.push(chunk).reverse();
        }
      },
    ),
  ),
  mutant(
    '1.8',
    'serves fifty messages a connection',
    class extends ReferenceNode {
      readonly #served = new Map<Connection, number>();

      override receive(connection: Connection, bytes: Buffer): void {
        const served = this.#served.get(connection) ?? 0;
        this.#served.set(connection, served + 1);
        if (served < 50 || connection.dialed) super.receive(connection, bytes);
      }
    },
  ),
  mutant(
    '1.9',
    'ignores pieces of a single byte',
    ignoringPieces((chunk) => chunk.length === 1 && chunk[0] !== 0x0a),
  ),
  mutant(
    '1.10',
    'decodes each piece by itself',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        const cut = (chunk.at(-1) ?? 0) >= 0xc0;
        super.hear(connection, cut ? Buffer.from(chunk.toString('utf8')) : chunk);
      }
    },
  ),
  mutant(
    '1.11',
    'treats a newline that comes alone as a message',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        if (chunk.length === 1 && chunk[0] === 0x0a && connection.framer.pending === 0)
          this.refuse(connection, 'invalid_json');
        else super.hear(connection, chunk);
      }
    },
  ),
  mutant(
    '1.12',
    'loses a piece that ends inside an escape',
    ignoringPieces((chunk) => /\\u[0-9a-f]{0,3}$/.test(chunk.toString('latin1'))),
  ),
  mutant(
    '1.13',
    'requires white space between messages',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        const text = chunk.toString('latin1');
        super.hear(connection, text.includes('}{"message_type') ? Buffer.from('{]\n\n') : chunk);
      }
    },
  ),
  mutant(
    '1.14',
    'treats blank lines in front as a message',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        if (chunk.length > 1 && chunk[0] === 0x0a) this.refuse(connection, 'invalid_json');
        super.hear(connection, chunk);
      }
    },
  ),
  mutant(
    '1.15',
    'treats a byte order mark as text',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        if (chunk[0] === 0xef) this.refuse(connection, 'invalid_json');
        else super.hear(connection, chunk);
      }
    },
  ),
  mutant(
    '1.16',
    'unescapes before it looks for the end',
    class extends ReferenceNode {
      override hear(connection: Connection, chunk: Buffer): void {
        super.hear(connection, Buffer.from(chunk.toString('latin1').replaceAll('\\n', '\n'), 'latin1'));
      }
    },
  ),
  mutant(
    '1.17',
    'replies pretty-printed',
    class extends ReferenceNode {
      override encode(message: Message): string {
        return `${JSON.stringify(message, null, 2)}\n\n`;
      }
    },
  ),
  mutant(
    '1.17',
    'ends replies with one newline',
    class extends ReferenceNode {
      override encode(message: Message): string {
        return super.encode(message).slice(0, -1);
      }
    },
  ),
];
