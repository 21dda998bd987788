import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type OptionNames, requireKnownOptions, requireOption, requireText } from '../../domain/options.js';
import type { RequestTelemetry, ServerNumbers, Telemetry, TelemetryRequest } from '../../domain/telemetry.js';
import { names } from './attributes.js';
import { KnownTurns } from './known-turns.js';
import { flushProviders, Providers } from './providers.js';
import { RequestSpan } from './request-span.js';
import type { AgentSettings } from './tracing.js';

/**
 * What `openTelemetry` takes. Nothing is required.
 *
 * @example
 * const options: OpenTelemetryOptions = { agentName: 'support', agentVersion: '2.1.0' };
 */
export interface OpenTelemetryOptions {
  /** The name of the agent, for people: its turns are the spans `invoke_agent {agentName}`. @defaultValue none */
  readonly agentName?: string;
  /** As `gen_ai.agent.id`. @defaultValue none */
  readonly agentId?: string;
  /** As `gen_ai.agent.version`. @defaultValue none */
  readonly agentVersion?: string;
  /** As `gen_ai.provider.name`: whose agent it is, such as the framework it is made with. @defaultValue `'looopy'` */
  readonly providerName?: string;
  /**
   * Whether what users and agents say is in the spans of turns, in full: whoever may see the traces may read it. Credentials are
   * not. @defaultValue `false`
   */
  readonly captureContent?: boolean;
}

const optionNames: OptionNames<OpenTelemetryOptions> = {
  agentName: true,
  agentId: true,
  agentVersion: true,
  providerName: true,
  captureContent: true,
};

/**
 * Makes spans and numbers of the requests and turns of a server, for whatever provider the application has registered with
 * `@opentelemetry/api`. As long as there is none, it does nothing.
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 * @example
 * await serve({
 *   agent: async (contextId, { agentStore }) => new Agent({ agentId: 'support', contextId, agentStore }),
 *   agentStore: traced(new DynamoDBAgentStore({ agentId: 'support', tableName: 'agent-state' })),
 *   telemetry: openTelemetry({ agentName: 'support' }),
 * });
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  requireKnownOptions(options, optionNames);
  const { agentName, agentId, agentVersion, providerName = 'looopy', captureContent = false } = options;
  for (const [option, value] of Object.entries({ agentName, agentId, agentVersion, providerName }))
    if (value !== undefined) requireText(option, value);
  requireOption(typeof captureContent === 'boolean', 'captureContent', 'must be true or false');
  const agent = {
    [names.provider]: providerName,
    ...(agentName !== undefined && { [names.agentName]: agentName }),
    ...(agentId !== undefined && { [names.agentId]: agentId }),
    ...(agentVersion !== undefined && { [names.agentVersion]: agentVersion }),
  };
  return new OpenTelemetry({ agent, agentName, captureContent });
}

class OpenTelemetry implements Telemetry {
  readonly #settings: AgentSettings;
  readonly #watched = new Set<ServerNumbers>();
  readonly #turns = new KnownTurns();
  readonly #providers = new Providers(({ running, waiting }) => {
    running.addCallback((result) => result.observe(this.#sum((numbers) => numbers.runningTurns())));
    waiting.addCallback((result) => result.observe(this.#sum((numbers) => numbers.waitingBytes())));
  });

  constructor(settings: AgentSettings) {
    this.#settings = settings;
  }

  request(request: TelemetryRequest): RequestTelemetry | undefined {
    if (!this.#providers.areThere) return undefined;
    const { tracer, instruments } = this.#providers;
    return new RequestSpan({ ...this.#settings, tracer, instruments, turns: this.#turns }, request);
  }

  watch(numbers: ServerNumbers): () => void {
    this.#watched.add(numbers);
    // So that they are told before there is a request.
    void this.#providers.instruments;
    return () => this.#watched.delete(numbers);
  }

  runAlone(work: () => void): void {
    context.with(ROOT_CONTEXT, work);
  }

  flush(): Promise<void> {
    return flushProviders();
  }

  #sum(ask: (numbers: ServerNumbers) => number): number {
    let sum = 0;
    for (const numbers of this.#watched) sum += ask(numbers);
    return sum;
  }
}
