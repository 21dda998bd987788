import { expect, it, vi } from 'vitest';
import { TurnArchive } from '../../src/server/turn/turn-archive.js';
import { event } from './fake-agent.js';

const options = {
  maxReplayEvents: 100,
  maxReplayBytes: 10_000,
  maxTotalReplayEvents: 1_000,
  maxTotalReplayBytes: 100_000,
  replaySeconds: 60,
  idempotencySeconds: 60,
  turnStore: undefined,
};

/** Runs a turn of a session to its end. Says whether its event is packed now: then it is made anew. */
function runTurn(archive: TurnArchive, sessionId: string, idempotency?: { key: string; hash: string }) {
  const turn = archive.begin({ id: `turn of ${sessionId}`, sessionId, idempotency });
  const sent = turn.send(event('a'));
  const { kind, data } = sent;
  turn.end();
  archive.end(turn, { isKnown: true, isAnswer: idempotency !== undefined });
  return () => {
    const [[held] = []] = archive.find(sessionId, turn.id)?.log.after(0) ?? [];
    expect(held).toMatchObject({ kind, data });
    return held !== sent;
  };
}

it('packs the events of a turn once 64 others have ended after it', () => {
  const archive = new TurnArchive(options);
  const arePacked = Array.from({ length: 130 }, (_, index) => runTurn(archive, `session-${index}`));
  expect(arePacked.map((isPacked) => isPacked())).toEqual(arePacked.map((_, index) => index < 130 - 64));
});

it('does not pack the events of a turn whose place another one has taken', () => {
  const archive = new TurnArchive(options);
  const turn = archive.begin({ id: 'turn', sessionId: 'session' });
  turn.send(event('a'));
  archive.end(turn, { isKnown: true, isAnswer: false });
  const pack = vi.spyOn(turn.log, 'pack');
  const isPacked = runTurn(archive, 'session');
  expect(turn.log.size).toBe(0);
  expect([isPacked(), pack.mock.calls]).toEqual([false, []]);
});

it('packs those that are kept for the same request, however few they are', () => {
  expect(runTurn(new TurnArchive(options), 'session', { key: 'key', hash: 'hash' })()).toBe(true);
});
