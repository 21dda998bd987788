import { parse, stringify } from 'superjson';
import { defaultSerializer } from '../../dist/domain/default-serializer.js';
import { fromStateText, toStateText } from '../../dist/domain/values/text.js';
import { createRichState } from '../../states.js';

const ids = { agentId: 'bench', contextId: 'session' };
const state = createRichState(2_000);

export const ours = () => async () => {
  const text = toStateText(await defaultSerializer.serialize(state, ids));
  return defaultSerializer.deserialize(fromStateText(String(text)), ids);
};

export const superjson = () => () => parse(stringify(state));
