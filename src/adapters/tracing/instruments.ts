import type { Counter, Meter, ObservableUpDownCounter } from '@opentelemetry/api';

/** The numbers of this package. Their names are interface: docs/tracing.md lists them. */
export class Instruments {
  readonly turns: Counter;
  readonly refused: Counter;
  readonly conflicts: Counter;
  readonly running: ObservableUpDownCounter;
  readonly waiting: ObservableUpDownCounter;

  constructor(meter: Meter) {
    this.turns = meter.createCounter('looopy.turn.ended', {
      description: 'Turns that have ended, by their outcome',
      unit: '{turn}',
    });
    this.refused = meter.createCounter('looopy.request.refused', {
      description: 'Requests that were answered with an error and began no turn, by its code',
      unit: '{request}',
    });
    this.conflicts = meter.createCounter('looopy.store.conflicts', {
      description: 'Calls of traced stores that were refused since somebody else had written',
      unit: '{call}',
    });
    this.running = meter.createObservableUpDownCounter('looopy.turn.running', {
      description: 'Turns that run',
      unit: '{turn}',
    });
    this.waiting = meter.createObservableUpDownCounter('looopy.response.waiting', {
      description: 'Bytes that wait for callers that read slowly',
      unit: 'By',
    });
  }
}
