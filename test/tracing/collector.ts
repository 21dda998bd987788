import { context, metrics, propagation, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { expect, onTestFinished } from 'vitest';
import { eventually } from '../server/shared-servers.js';

/** What the SDK of OpenTelemetry has exported in a test. */
export interface Collector {
  /** The spans that have ended, in the order in which they did. */
  spans(): ReadableSpan[];
  /** The only span of that name, once it has ended. */
  span(name: string): Promise<ReadableSpan>;
  /** The points of a number, as they are now. */
  points(metric: string): Promise<DataPoint<unknown>[]>;
  /** How often all numbers were sent. */
  numbersSent(): number;
}

interface CollectOptions {
  readonly processor?: SpanProcessor;
  /** True if spans may still be open when the test ends. @defaultValue `false` */
  readonly leavesOpen?: boolean;
}

/** Registers the SDK until the end of the test. */
export function collect({ processor, leavesOpen = false }: CollectOptions = {}): Collector {
  const exporter = new InMemorySpanExporter();
  const open = new OpenSpans();
  const tracers = new NodeTracerProvider({
    spanProcessors: [open, new SimpleSpanProcessor(exporter), ...(processor ? [processor] : [])],
  });
  tracers.register();
  const numbers = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: numbers, exportIntervalMillis: 2 ** 30 });
  const meters = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(meters);
  onTestFinished(async () => {
    for (const api of [trace, context, propagation, metrics]) api.disable();
    await Promise.all([tracers.shutdown(), meters.shutdown()]);
    if (!leavesOpen) expect([...open.names.values()]).toEqual([]);
  });
  const spans = () => exporter.getFinishedSpans();
  return {
    spans,
    span: (name) =>
      eventually(() => {
        const [found, ...others] = spans().filter((span) => span.name === name);
        if (found !== undefined && others.length === 0) return found;
        throw new Error(`There are ${spans().map((span) => span.name)}.`);
      }),
    numbersSent: () => numbers.getMetrics().length,
    points: async (metric) => {
      numbers.reset();
      await reader.forceFlush();
      const all = numbers
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      return all
        .filter(({ descriptor }) => descriptor.name === metric)
        .flatMap((data) => [...data.dataPoints]);
    },
  };
}

/** The spans that have begun and not ended. */
class OpenSpans implements SpanProcessor {
  readonly names = new Map<string, string>();

  onStart(span: ReadableSpan): void {
    this.names.set(idOf(span), span.name);
  }

  onEnd(span: ReadableSpan): void {
    this.names.delete(idOf(span));
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** The id of the span that another one is inside of. */
export function parentOf(span: ReadableSpan): string | undefined {
  return span.parentSpanContext?.spanId;
}

export function idOf(span: ReadableSpan): string {
  return span.spanContext().spanId;
}
