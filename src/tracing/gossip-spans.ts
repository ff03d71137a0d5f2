import { CONTROLLER, formatLogText, type LogEntry } from '../network/log-entry.ts';
import { epochMicroseconds } from '../network/receipt-collector.ts';
import { type AttributeValue, type SpanEvent, spanId, type TraceSpan } from './trace-span.ts';

/** Messages whose receipts are remembered; the oldest beyond that are forgotten. */
const MAX_MESSAGES = 10_000;
/** Faults and healings that are remembered as events of spans. */
const MAX_FAULT_EVENTS = 1_000;

const FAULT_EVENTS = new Set([
  'fault_injected',
  'fault_healed',
  'node_ended',
  'node_started',
  'node_paused',
  'node_unpaused',
]);

/** Makes spans of gossip from a log whose nodes go by name, in the order of its times: a trace for each message, a span for each hop. */
export class GossipSpans {
  readonly #run: string;
  /** Time at which each node received each message, microseconds since the epoch. */
  readonly #receipts = new Map<string, Map<string, number>>();
  readonly #faults: SpanEvent[] = [];
  /** Attributes of the conditions in force, by `from to`. */
  readonly #conditions = new Map<string, Record<string, AttributeValue>>();

  /** @param run id of the network's run: ids of messages repeat in others */
  constructor(run: string) {
    this.#run = run;
  }

  /** Sets the conditions in force of a link, as a log entry or `linkConditions` has them. */
  setConditions({ from, to, cleared, ...conditions }: Record<string, unknown>): void {
    if (cleared === true) this.#conditions.delete(`${from} ${to}`);
    else this.#conditions.set(`${from} ${to}`, conditionAttributes(conditions));
  }

  /** Returns the spans of the receipts among entries. */
  add(entries: readonly LogEntry[]): TraceSpan[] {
    const spans: TraceSpan[] = [];
    for (const entry of entries) {
      if (entry.event === 'gossip_received' && typeof entry.fields.id === 'string')
        spans.push(...this.#addReceipt(entry));
      if (entry.node !== CONTROLLER) continue;
      if (entry.event === 'link_conditions') this.setConditions(entry.fields);
      if (FAULT_EVENTS.has(entry.event)) this.#addFault(entry);
    }
    return spans;
  }

  /** Returns where a receipt is in its trace; undefined for other entries. */
  contextOf({ event, node, fields }: LogEntry): { traceId: string; id: string } | undefined {
    if (event !== 'gossip_received' || typeof fields.id !== 'string') return undefined;
    return { traceId: spanId('trace', this.#run, fields.id), id: spanId('span', this.#run, fields.id, node) };
  }

  #addReceipt(entry: LogEntry): TraceSpan[] {
    const { node, time, fields } = entry;
    const message = fields.id as string;
    const receipts = this.#receiptsOf(message);
    // A node that was restarted may receive a message again.
    if (receipts.has(node)) return [];
    const endedAt = epochMicroseconds(time);
    receipts.set(node, endedAt);
    const from = String(fields.from ?? '');
    const sentAt = from === node ? undefined : receipts.get(from);
    const startedAt = Math.min(sentAt ?? endedAt, endedAt);
    const { traceId, id } = this.contextOf(entry) as { traceId: string; id: string };
    return [
      {
        traceId,
        id,
        ...(sentAt === undefined ? {} : { parentId: spanId('span', this.#run, message, from) }),
        service: node,
        name: sentAt === undefined ? `gossip at ${node}` : `gossip ${from} -> ${node}`,
        startedAt,
        endedAt,
        attributes: {
          'devnet.message.id': message,
          'devnet.from': from,
          'devnet.to': node,
          'devnet.hops': Number(fields.hops ?? 0),
          ...this.#conditions.get(`${from} ${node}`),
        },
        events: this.#faults.filter(({ at }) => at >= startedAt && at <= endedAt),
      },
    ];
  }

  #addFault(entry: LogEntry): void {
    this.#faults.push({
      name: entry.event,
      at: epochMicroseconds(entry.time),
      attributes: { 'devnet.fault': formatLogText(entry).replace(`${entry.event} `, '') },
    });
    if (this.#faults.length > MAX_FAULT_EVENTS) this.#faults.shift();
  }

  #receiptsOf(message: string): Map<string, number> {
    const known = this.#receipts.get(message);
    if (known) return known;
    const added = new Map<string, number>();
    this.#receipts.set(message, added);
    if (this.#receipts.size > MAX_MESSAGES) this.#receipts.delete(this.#receipts.keys().next().value as string);
    return added;
  }
}

function conditionAttributes(conditions: Record<string, unknown>): Record<string, AttributeValue> {
  const entries = Object.entries(conditions).filter((entry): entry is [string, number | string | boolean] =>
    ['number', 'string', 'boolean'].includes(typeof entry[1]),
  );
  return Object.fromEntries(entries.map(([name, value]) => [`devnet.link.${name}`, value]));
}
