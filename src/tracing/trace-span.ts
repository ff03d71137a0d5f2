import { createHash } from 'node:crypto';

/** Value of an attribute. */
export type AttributeValue = string | number | boolean | string[];

/** Something that happened during a span. */
export interface SpanEvent {
  name: string;
  /** Microseconds since the epoch. */
  at: number;
  attributes: Record<string, AttributeValue>;
}

/** A span of a trace, which has ended. */
export interface TraceSpan {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  id: string;
  /** Absent: the span is the root of its trace. */
  parentId?: string;
  /** The service that it happened in: a node, or devnet itself. */
  service: string;
  name: string;
  /** Microseconds since the epoch. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, AttributeValue>;
  events: SpanEvent[];
  /** Failure. @default absent: nothing */
  failure?: string;
}

/** Returns the id of a trace or span: the same for the same parts, so that spans may be sent before their parents. */
export function spanId(kind: 'trace' | 'span', ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return hash.slice(0, kind === 'trace' ? 32 : 16);
}
