import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as it is exported. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Takes what is exported by OTLP over HTTP as JSON, and keeps it. */
export class OtlpCollector {
  readonly spans: ExportedSpan[] = [];
  /** The names of the numbers. */
  readonly metrics = new Set<string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await json(request);
      if (request.url === '/v1/traces') this.spans.push(...readSpans(body));
      if (request.url === '/v1/metrics') for (const name of readMetrics(body)) this.metrics.add(name);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address === 'object' && address !== null) return `http://127.0.0.1:${address.port}`;
    throw new Error('The collector does not listen.');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function readSpans(body: unknown): ExportedSpan[] {
  return list(body, 'resourceSpans').flatMap((resource) =>
    list(resource, 'scopeSpans').flatMap((scoped) =>
      list(scoped, 'spans').map((span) => ({
        traceId: text(span, 'traceId'),
        spanId: text(span, 'spanId'),
        ...(field(span, 'parentSpanId') ? { parentSpanId: text(span, 'parentSpanId') } : {}),
        name: text(span, 'name'),
        scope: text(field(scoped, 'scope'), 'name'),
        attributes: Object.fromEntries(
          list(span, 'attributes').map((attribute) => [text(attribute, 'key'), innerValue(attribute)]),
        ),
      })),
    ),
  );
}

function readMetrics(body: unknown): string[] {
  return list(body, 'resourceMetrics').flatMap((resource) =>
    list(resource, 'scopeMetrics').flatMap((scoped) =>
      list(scoped, 'metrics').map((each) => text(each, 'name')),
    ),
  );
}

/** What stands under `stringValue`, `intValue` and the like. */
const innerValue = (attribute: unknown): unknown => Object.values(Object(field(attribute, 'value')))[0];
const field = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);
const text = (value: unknown, name: string): string => String(field(value, name));

function list(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
