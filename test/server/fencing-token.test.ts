import { describe, expect, it } from 'vitest';
import { currentAgentScope } from '../../src/domain/agent-scope.js';
import { fencingTokenOf } from '../../src/domain/fencing.js';
import { Redactor } from '../../src/server/failures/redactor.js';
import { AgentScope, getRequestContext } from '../../src/server/request-context.js';

const { signal } = new AbortController();
const context = { sessionId: 's', requestId: 'r', headers: {}, signal };
const redactor = new Redactor();
const seen = () => [getRequestContext()?.fencingToken, fencingTokenOf(currentAgentScope())];

describe('the fencing token of a turn', () => {
  it('is in its request and in the scope of its agent, while it runs', () => {
    const scope = new AgentScope('s', () => {});
    expect(scope.run({ ...context, fencingToken: 7 }, redactor, seen)).toEqual([7, 7]);
    scope.leave();
    expect(scope.runAlone(seen)).toEqual([undefined, undefined]);
    expect(scope.run({ ...context, fencingToken: 8 }, redactor, seen)).toEqual([8, 8]);
    expect(scope.run(context, redactor, seen)).toEqual([undefined, undefined]);
  });

  it('stays what it was once its agent has been stopped', () => {
    const scope = new AgentScope('s', () => {});
    scope.run({ ...context, fencingToken: 7 }, redactor, seen);
    scope.revoke();
    scope.leave();
    expect(scope.runAlone(seen)).toEqual([7, 7]);
  });
});
