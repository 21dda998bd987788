import type { Tracer } from '@opentelemetry/api';
import type { Instruments } from './instruments.js';
import type { KnownTurns } from './known-turns.js';

/** What the options say. */
export interface AgentSettings {
  /** What every span of a turn says of the agent. */
  readonly agent: Readonly<Record<string, string>>;
  readonly agentName: string | undefined;
  readonly captureContent: boolean;
}

/** What the spans of one request are made with. */
export interface Tracing extends AgentSettings {
  readonly tracer: Tracer;
  readonly instruments: Instruments | undefined;
  readonly turns: KnownTurns;
}
