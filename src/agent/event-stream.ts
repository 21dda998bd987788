import type { AgentEvent, AgentEventStream } from '../domain/agent.js';

export type Send = (event: AgentEvent) => void;

/** A turn that sends its events, and can be stopped. */
export interface Playback {
  /** Resolves when the last event was sent. Never rejects. */
  play(): Promise<void>;
  stop(): void;
}

/** The events of a turn, which begins when somebody subscribes, and stops when they unsubscribe. */
export function toEventStream(create: (send: Send) => Playback): AgentEventStream {
  let isTaken = false;
  return {
    subscribe(observer) {
      if (isTaken) throw new Error('The events of a turn are for one subscriber.');
      isTaken = true;
      let isOpen = true;
      const playback = create((event) => {
        if (isOpen) observer.next(event);
      });
      const end = () => {
        if (isOpen) observer.complete();
        isOpen = false;
      };
      playback.play().then(end);
      return {
        unsubscribe() {
          if (isOpen) playback.stop();
          isOpen = false;
        },
      };
    },
  };
}
