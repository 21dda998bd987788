export type { Telemetry } from '../../domain/telemetry.js';
export { type OpenTelemetryOptions, openTelemetry } from './open-telemetry.js';
export { traced } from './traced.js';
