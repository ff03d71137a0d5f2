import { type Context, DiagLogLevel, diag, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BasicTracerProvider, BatchSpanProcessor, type IdGenerator } from '@opentelemetry/sdk-trace-base';
import { formatLogText, type Level, type LogEntry } from '../network/log-entry.ts';
import { epochMicroseconds } from '../network/receipt-collector.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import type { TraceSpan } from './trace-span.ts';

/** Spans and log records that wait to be sent; more are dropped. */
const MAX_QUEUE = 65_536;
const MAX_BATCH = 512;
/** Time between two batches, milliseconds. */
const BATCH_INTERVAL_MS = 1_000;
/** Time for the receiver to take a batch, milliseconds. */
const EXPORT_TIMEOUT_MS = 5_000;

const SEVERITIES: Record<Level, SeverityNumber> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

export interface OtlpExporterOptions {
  /** Address of the receiver, such as `http://127.0.0.1:4318`; `/v1/traces` and `/v1/logs` are appended. */
  url: string;
  /** Name of the network. */
  network: string;
  /** Called with each failure to send, in the SDK's words. */
  onFailure: (message: string) => void;
}

/** A service that spans and logs come from. */
interface Service {
  traces: BasicTracerProvider;
  logs: LoggerProvider;
}

/** Gives the SDK the ids of the span that it starts next. */
class PresetIds implements IdGenerator {
  next = { traceId: '', id: '' };
  generateTraceId = () => this.next.traceId;
  generateSpanId = () => this.next.id;
}

/** Sends spans and log entries to an OTLP receiver over HTTP, in batches. Each node is a service of its own. */
export class OtlpExporter {
  readonly #network: string;
  readonly #services = new Map<string, Service>();
  readonly #ids = new PresetIds();
  readonly #spans: BatchSpanProcessor;
  readonly #logs: BatchLogRecordProcessor;

  constructor({ url, network, onFailure }: OtlpExporterOptions) {
    this.#network = network;
    const base = url.replace(/\/+$/, '');
    const batches = {
      maxQueueSize: MAX_QUEUE,
      maxExportBatchSize: MAX_BATCH,
      scheduledDelayMillis: BATCH_INTERVAL_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    };
    const options = (path: string) => ({ url: `${base}${path}`, timeoutMillis: EXPORT_TIMEOUT_MS });
    this.#spans = new BatchSpanProcessor(new OTLPTraceExporter(options('/v1/traces')), batches);
    this.#logs = new BatchLogRecordProcessor(new OTLPLogExporter(options('/v1/logs')), batches);
    // The SDK reports failures nowhere else.
    const nothing = () => {};
    const logger = { error: onFailure, warn: nothing, info: nothing, debug: nothing, verbose: nothing };
    diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  }

  addSpan(span: TraceSpan): void {
    const { traceId, parentId, service, name, startedAt, endedAt, attributes, events, failure } = span;
    this.#ids.next = span;
    const context = parentId === undefined ? ROOT_CONTEXT : contextOf(traceId, parentId);
    const tracer = this.#service(service).traces.getTracer('devnet', packageVersion);
    const started = tracer.startSpan(name, { startTime: toHrTime(startedAt), attributes }, context);
    for (const event of events) started.addEvent(event.name, event.attributes, toHrTime(event.at));
    if (failure !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    started.end(toHrTime(endedAt));
  }

  /** @param context place of the entry in a trace */
  addLogEntry(entry: LogEntry, service: string, context: { traceId: string; id: string } | undefined): void {
    const { time, level, event, fields } = entry;
    const timestamp = toHrTime(epochMicroseconds(time));
    this.#service(service)
      .logs.getLogger('devnet', packageVersion)
      .emit({
        timestamp,
        observedTimestamp: timestamp,
        severityNumber: SEVERITIES[level],
        severityText: level,
        eventName: event,
        body: formatLogText(entry),
        attributes: toAttributes(fields),
        ...(context ? { context: contextOf(context.traceId, context.id) } : {}),
      });
  }

  /** Sends what waits. Rejects where the receiver does not take it. */
  async flush(): Promise<void> {
    await Promise.all([this.#spans.forceFlush(), this.#logs.forceFlush()]);
  }

  /** Sends what waits, and ends. */
  async close(): Promise<void> {
    await this.flush();
    await Promise.all([this.#spans.shutdown(), this.#logs.shutdown()]);
    diag.disable();
  }

  #service(name: string): Service {
    const known = this.#services.get(name);
    if (known) return known;
    const resource = resourceFromAttributes({ 'service.name': name, 'service.namespace': this.#network });
    const added: Service = {
      traces: new BasicTracerProvider({ resource, idGenerator: this.#ids, spanProcessors: [this.#spans] }),
      logs: new LoggerProvider({ resource, processors: [this.#logs] }),
    };
    this.#services.set(name, added);
    return added;
  }
}

function contextOf(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
}

function toAttributes(fields: Record<string, unknown>): Record<string, string | number | boolean> {
  const scalar = (value: unknown): string | number | boolean =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : JSON.stringify(value);
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [`devnet.${name}`, scalar(value)]));
}

/** Converts microseconds to the SDK's pair of seconds and nanoseconds, which loses no digit. */
function toHrTime(microseconds: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(microseconds / 1e6), Math.round(microseconds % 1e6) * 1_000];
}
