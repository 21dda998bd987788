import type { AgentStore } from '../../domain/agent-store.js';
import type { MessageStore } from '../../domain/message-store.js';
import type { TurnStart, TurnStore } from '../../domain/turn-store.js';
import { StoreCall, type StoreOperation } from './store-call.js';

const states = 'agent_state';
const messages = 'messages';
const turns = 'turns';

/** The calls that are traced, and what they are about. No two stores have methods of one name that keep different things. */
const keptBy: ReadonlyMap<unknown, string> = new Map([
  ...['load', 'save', 'update', 'delete', 'peek', 'listSessions'].map((name) => [name, states] as const),
  ...['append', 'getRecent', 'getAll', 'getCount', 'getRange', 'compact', 'clear'].map(
    (name) => [name, messages] as const,
  ),
  ...['begin', 'end', 'abandon', 'runningTurn', 'read', 'cancel'].map((name) => [name, turns] as const),
  ...['claim', 'owner', 'disown', 'listRunningTurns'].map((name) => [name, turns] as const),
]);

/**
 * The same store, each of whose calls is a span: of its operation, its outcome, and the bytes and units that its backend tells
 * of. Its holders and the turns that it begins are traced too. It never has anything in its spans that the store keeps.
 *
 * DynamoDB is asked for the units as long as somebody gets the spans; Redis and memory have none.
 *
 * @example
 * const agentStore = traced(new DynamoDBAgentStore({ agentId: 'support', tableName: 'agent-state' }));
 */
export function traced<Store extends Pick<AgentStore, 'load'> | MessageStore | TurnStore>(
  store: Store,
): Store {
  return decorate(store);
}

function decorate<Target extends object>(target: Target, heldSession?: string): Target {
  return new Proxy(target, {
    get(_, name) {
      // Asked of the object itself: its methods know its private fields, and not those of a proxy.
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== 'function' || name === 'constructor') return found;
      const kept = keptBy.get(name);
      return (...given: unknown[]) => {
        const call = () => Reflect.apply(found, target, given);
        if (name === 'holder') return decorate(call());
        if (kept === undefined) return call();
        const [first] = given;
        const sessionId = heldSession ?? (typeof first === 'string' ? first : undefined);
        const operation = { operation: String(name), kept, sessionId };
        return name === 'read' ? traceReading(operation, call) : traceCall(operation, call);
      };
    },
  });
}

async function traceCall(operation: StoreOperation, work: () => unknown): Promise<unknown> {
  const call = StoreCall.start(operation);
  if (call === undefined) return work();
  try {
    const result = await call.run(work);
    const isStart = operation.operation === 'begin' && isTurnStart(result);
    call.end(isStart ? result.outcome : undefined);
    if (!isStart || result.outcome !== 'begun') return result;
    return { ...result, turn: decorate(result.turn, operation.sessionId) };
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

function isTurnStart(result: unknown): result is TurnStart {
  return typeof result === 'object' && result !== null && 'outcome' in result;
}

/** The items of a log, which come as its turn goes on. */
async function* traceReading(operation: StoreOperation, work: () => AsyncGenerator): AsyncGenerator {
  const call = StoreCall.start(operation);
  const items = work();
  if (call === undefined) {
    yield* items;
    return;
  }
  try {
    for (;;) {
      const next = await call.run(() => items.next());
      if (next.done) break;
      yield next.value;
    }
  } catch (error) {
    call.fail(error);
    throw error;
  } finally {
    await items.return(undefined);
    call.end();
  }
}
