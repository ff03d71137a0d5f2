import { type Mutant, mutant, withHandler } from './mutant.ts';
import { type Connection, type Message, ReferenceNode, Refusal } from './reference-node.ts';

/** Creates a node that changes a value before it looks for a message in it. */
function withValue(make: (value: unknown) => unknown): new () => ReferenceNode {
  return class extends ReferenceNode {
    override check(value: unknown): Message {
      return super.check(make(value));
    }
  };
}

/** Creates a node that changes the type of each message. */
function withType(make: (type: unknown) => unknown): new () => ReferenceNode {
  return withValue((value) => {
    const given = (value ?? {}) as { message_type?: unknown };
    return typeof value === 'object' && !Array.isArray(value)
      ? { ...given, message_type: make(given.message_type) }
      : value;
  });
}

export const envelope: readonly Mutant[] = [
  mutant(
    '2.1',
    'adds a payload to the pong for a ping without one',
    withHandler('ping', () => (payload) => ({ message_type: 'pong', payload: payload ?? null })),
  ),
  mutant(
    '2.2',
    'drops a payload of null',
    withHandler(
      'echo',
      () =>
        (payload, { dialed }) =>
          dialed ? undefined : { message_type: 'echo', ...(payload == null ? {} : { payload }) },
    ),
  ),
  mutant(
    '2.3',
    'refuses further fields',
    withValue((value) => {
      const known = ['message_type', 'payload'];
      if (Object.keys(value ?? {}).every((key) => known.includes(key))) return value;
      throw new Refusal('invalid_message');
    }),
  ),
  mutant(
    '2.4',
    'requires the type first',
    class extends ReferenceNode {
      override decode(bytes: Buffer): string {
        const text = super.decode(bytes);
        if (/^\s*\{\s*"(payload|note)"/.test(text)) throw new Refusal('invalid_message');
        return text;
      }
    },
  ),
  mutant(
    '2.5',
    'treats a message without a type as a ping',
    withType((type) => type ?? 'ping'),
  ),
  mutant(
    '2.6',
    'converts a type that is not a string',
    withType((type) => (Array.isArray(type) ? String(type) : type)),
  ),
  mutant(
    '2.7',
    'treats an empty type as a ping',
    withType((type) => (type === '' ? 'ping' : type)),
  ),
  mutant(
    '2.8',
    'accepts a message inside an array',
    withValue((value) => (Array.isArray(value) ? value[0] : value)),
  ),
  mutant(
    '2.9',
    'treats a string as a type',
    withValue((value) => (value === 'ping' ? { message_type: value } : value)),
  ),
  mutant(
    '2.10',
    'does not answer an unknown type',
    class extends ReferenceNode {
      override answer(message: Message, connection: Connection): Message | undefined {
        return this.handlers.has(message.message_type) ? super.answer(message, connection) : undefined;
      }
    },
  ),
  mutant(
    '2.11',
    'ignores the case of types',
    withType((type) => (typeof type === 'string' ? type.toLowerCase() : type)),
  ),
  mutant(
    '2.12',
    'looks a type up in an object',
    class extends ReferenceNode {
      override answer(message: Message, connection: Connection): Message | undefined {
        const table = Object.fromEntries(this.handlers) as Record<string, (payload: unknown) => unknown>;
        const handler = table[message.message_type];
        if (handler === undefined || this.handlers.has(message.message_type)) return super.answer(message, connection);
        return { message_type: 'ok', payload: String(handler) };
      }
    },
  ),
];
