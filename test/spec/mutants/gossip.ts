import { type Mutant, mutant, withHandler } from './mutant.ts';
import { type Gossip, type Link, type Message, ReferenceNode } from './reference-node.ts';

export const gossip: readonly Mutant[] = [
  mutant(
    '5.1',
    'forwards gossip twice',
    class extends ReferenceNode {
      override forward(link: Link, message: Message): void {
        super.forward(link, message);
        super.forward(link, message);
      }
    },
  ),
  mutant(
    '5.1',
    'forwards gossip to one peer',
    class extends ReferenceNode {
      override forward(link: Link, message: Message): void {
        if (link === [...this.links.values()].at(-1)) super.forward(link, message);
      }
    },
  ),
  mutant(
    '5.2',
    'forwards gossip back',
    class extends ReferenceNode {
      override cameFrom(): boolean {
        return false;
      }
    },
  ),
  mutant(
    '5.3',
    'forwards a duplicate',
    class extends ReferenceNode {
      override isNews(gossip: Gossip): boolean {
        // Ends a ring, since gossip with hops is remembered; but gossip without hops is not.
        return super.isNews(gossip) || gossip.hops === undefined;
      }
    },
  ),
  mutant(
    '5.4',
    'never ends a ring',
    class extends ReferenceNode {
      override isNews({ id, hops }: Gossip): boolean {
        return super.isNews({ id: `${id} ${hops}` });
      }
    },
  ),
  mutant(
    '5.5',
    'does not count hops',
    class extends ReferenceNode {
      override hop(gossip: Gossip): Gossip {
        return gossip;
      }
    },
  ),
  mutant(
    '5.6',
    'forwards gossip without an id',
    class extends ReferenceNode {
      override checkGossip(payload: unknown): Gossip {
        const { data, id } = payload as { data?: unknown; id?: unknown };
        return id === undefined && data !== undefined
          ? ({ ...(payload as object) } as Gossip)
          : super.checkGossip(payload);
      }
    },
  ),
  mutant(
    '5.7',
    'waits for the slowest peer',
    class extends ReferenceNode {
      // As nodes have it: if the slow peer were given up before buffers are full, nobody would wait for it.
      override deadAfter = 15_000;
      readonly #waiting: Message[] = [];
      override forward(link: Link, message: Message): void {
        const clogged = [...this.links.values()].some(({ socket }) => (socket?.writableLength ?? 0) > 0);
        if (clogged) this.#waiting.push(message);
        else super.forward(link, message);
      }
    },
  ),
  mutant(
    '5.8',
    'answers an echo on a link it dialed',
    withHandler('echo', () => (payload) => ({ message_type: 'echo', payload })),
  ),
];
