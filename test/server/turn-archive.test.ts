import { expect, it } from 'vitest';
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

/** Runs a turn of a session to its end, and says whether its event was packed: then it is made anew. */
function runTurn(archive: TurnArchive, sessionId: string, idempotency?: { key: string; hash: string }) {
  const turn = archive.begin({ id: `turn of ${sessionId}`, sessionId, idempotency });
  const sent = turn.send(event('a'));
  const { kind, data } = sent;
  turn.end();
  archive.end(turn, { isKnown: true, isAnswer: idempotency !== undefined });
  const [[held] = []] = archive.find(sessionId, turn.id)?.log.after(0) ?? [];
  expect(held).toMatchObject({ kind, data });
  return held !== sent;
}

it('packs the events of ended turns if more than 64 sessions keep some', () => {
  const archive = new TurnArchive(options);
  const arePacked = Array.from({ length: 66 }, (_, index) => runTurn(archive, `session-${index}`));
  expect(arePacked.indexOf(true)).toBe(64);
  expect(arePacked.slice(64)).toEqual([true, true]);
});

it('packs those that are kept for the same request, however few they are', () => {
  expect(runTurn(new TurnArchive(options), 'session', { key: 'key', hash: 'hash' })).toBe(true);
});
