import type { Socket } from 'node:net';
import { type Frame, Framer } from './framer.ts';
import { type Mutant, mutant, withFramer } from './mutant.ts';
import { type Connection, type Message, ReferenceNode } from './reference-node.ts';

/** Milliseconds of work that nothing else gets done in. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

export const resilience: readonly Mutant[] = [
  mutant(
    '6.1',
    'accepts less than the maximum',
    withFramer(
      class extends Framer {
        override maxMessage = 1_048_575;
      },
    ),
  ),
  mutant(
    '6.1',
    'parses everything again at each newline',
    withFramer(
      class extends Framer {
        #text = '';
        override push(chunk: Buffer): Frame[] {
          const text = chunk.toString('latin1');
          if (this.state === 'between' && text.trim() === '') return super.push(chunk);
          this.#text += text;
          for (const _ of text.matchAll(/\n/g)) {
            try {
              JSON.parse(this.#text);
            } catch {}
          }
          if (text.endsWith('\n\n')) this.#text = '';
          return super.push(chunk);
        }
      },
    ),
    { exclusive: true },
  ),
  mutant(
    '6.2',
    'buffers without a limit',
    withFramer(
      class extends Framer {
        override maxMessage = 1e9;
      },
    ),
  ),
  mutant(
    '6.3',
    'scans all white space again with every piece',
    class extends ReferenceNode {
      #blank = 0;
      override hear(connection: Connection, chunk: Buffer): void {
        if (chunk.length > 1_000 && chunk.every((byte) => byte <= 0x20)) {
          this.#blank += chunk.length;
          busy(this.#blank / 4_000);
          return;
        }
        super.hear(connection, chunk);
      }
    },
    { exclusive: true },
  ),
  mutant(
    '6.4',
    'waits for a slow sender without a limit',
    class extends ReferenceNode {
      override tooSlow(): void {}
    },
  ),
  mutant(
    '6.5',
    'serves a hundred connections at most',
    class extends ReferenceNode {
      override accept(socket: Socket): void {
        if (this.open.size < 100) super.accept(socket);
        else socket.on('error', () => {});
      }
    },
  ),
  mutant(
    '6.6',
    'crashes on a reset',
    class extends ReferenceNode {
      override broken({ code }: NodeJS.ErrnoException): void {
        if (code === 'ECONNRESET') this.stop();
      }
    },
    { crashes: true },
  ),
  mutant(
    '6.7',
    'crashes on a reply to a sender that has gone',
    class extends ReferenceNode {
      override broken({ code }: NodeJS.ErrnoException): void {
        if (code === 'EPIPE') this.stop();
      }
    },
    { crashes: true },
  ),
  mutant(
    '6.8',
    'buffers replies for a peer that never reads',
    class extends ReferenceNode {
      override clogged(): void {}
    },
    // It fills the memory of this program, and one that is busy elsewhere looks like one that has stopped reading.
    { exclusive: true },
  ),
  mutant(
    '6.9',
    'loses what arrives while it writes',
    class extends ReferenceNode {
      readonly #writing = new Set<Connection>();
      override send(connection: Connection, message: Message): void {
        super.send(connection, message);
        if (JSON.stringify(message).length < 500_000) return;
        this.#writing.add(connection);
        setTimeout(() => this.#writing.delete(connection), 50);
      }
      override hear(connection: Connection, chunk: Buffer): void {
        if (!this.#writing.has(connection)) super.hear(connection, chunk);
      }
    },
  ),
  mutant(
    '6.10',
    'serves a flood before anybody else',
    class extends ReferenceNode {
      #flooding: Connection | undefined;
      readonly #messages = new Map<Connection, number>();
      override receive(connection: Connection, bytes: Buffer): void {
        const messages = (this.#messages.get(connection) ?? 0) + 1;
        this.#messages.set(connection, messages);
        if (messages > 400) this.#flooding = connection;
        super.receive(connection, bytes);
      }
      override hear(connection: Connection, chunk: Buffer): void {
        const flooded = this.#flooding !== undefined && this.open.has(this.#flooding);
        if (flooded && connection !== this.#flooding && !connection.dialed)
          setTimeout(() => super.hear(connection, chunk), 1_500);
        else super.hear(connection, chunk);
      }
    },
  ),
  mutant(
    '6.11',
    'crashes with too many peers',
    class extends ReferenceNode {
      override isSelf(peer: string): boolean {
        if (this.links.size > 150) this.stop();
        return super.isSelf(peer);
      }
    },
    { crashes: true },
  ),
  mutant(
    '6.12',
    'leaves connections open',
    class extends ReferenceNode {
      override scheduleClose(): void {}
    },
  ),
  mutant(
    '6.13',
    'serves one message a connection',
    class extends ReferenceNode {
      override scheduleClose({ socket, dialed, greeted }: Connection): void {
        if (!dialed && !greeted) socket.end();
      }
    },
  ),
  mutant(
    '6.14',
    'never gives up a link',
    class extends ReferenceNode {
      override watch(): void {}
    },
  ),
  mutant(
    '6.15',
    'redials without a pause',
    class extends ReferenceNode {
      override backoff(): number {
        return 100;
      }
    },
  ),
  mutant(
    '6.15',
    'never redials',
    class extends ReferenceNode {
      override backoff(): number {
        return 1e6;
      }
    },
  ),
];
