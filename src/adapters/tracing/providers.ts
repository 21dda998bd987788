import {
  createNoopMeter,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { Instruments } from './instruments.js';

/** Under this name, providers know what is made here. */
const scope = '@looopy-ai/aws';

const noMeter = createNoopMeter();

/** What the application has registered with the API. It may do so at any time, also after the first request. */
export class Providers {
  readonly #observe: (instruments: Instruments) => void;
  #tracerProvider: TracerProvider | undefined;
  #tracer: Tracer | undefined;
  #meterProvider: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  /** @param observe - Called with the instruments of each provider of meters. */
  constructor(observe: (instruments: Instruments) => void = () => {}) {
    this.#observe = observe;
  }

  /** False if nobody would get a span or a number. */
  get areThere(): boolean {
    return this.#findTracer() !== undefined || this.instruments !== undefined;
  }

  /** Makes spans that nobody gets, if there is no provider of them. */
  get tracer(): Tracer {
    return this.#findTracer() ?? trace.getTracer(scope);
  }

  /** `undefined` if nobody gets the numbers. */
  get instruments(): Instruments | undefined {
    const provider = metrics.getMeterProvider();
    if (provider === this.#meterProvider) return this.#instruments;
    this.#meterProvider = provider;
    const meter = provider.getMeter(scope);
    this.#instruments = meter === noMeter ? undefined : new Instruments(meter);
    if (this.#instruments !== undefined) this.#observe(this.#instruments);
    return this.#instruments;
  }

  #findTracer(): Tracer | undefined {
    const provider = trace.getTracerProvider();
    if (provider !== this.#tracerProvider) this.#tracer = undefined;
    this.#tracerProvider = provider;
    this.#tracer ??=
      provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(scope) : provider.getTracer(scope);
    return this.#tracer;
  }
}

/** Has the registered providers send what they hold. @throws Error if one of them cannot. */
export async function flushProviders(): Promise<void> {
  const flushing = [trace.getTracerProvider(), metrics.getMeterProvider()].map(flushProvider);
  for (const result of await Promise.allSettled(flushing)) {
    if (result.status === 'fulfilled') continue;
    throw new Error('OpenTelemetry could not send all that it holds.', { cause: result.reason });
  }
}

/** The API does not know how to flush; the providers of the SDK do. */
async function flushProvider(provider: object): Promise<void> {
  // What the API hands out stands for the provider that was registered.
  const registered: unknown = (await call(provider, 'getDelegate')) ?? provider;
  await call(registered, 'forceFlush');
}

async function call(target: unknown, method: string): Promise<unknown> {
  const known: unknown = Reflect.get(Object(target), method);
  return typeof known === 'function' ? Reflect.apply(known, target, []) : undefined;
}
