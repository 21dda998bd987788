import { InMemoryAgentStore } from '../../../dist/adapters/memory/index.js';
import { createRichState } from '../../states.js';
import { saveAndLoad } from '../save-and-load.js';

const state = createRichState(2_000);

export const ours = () => saveAndLoad(new InMemoryAgentStore({ agentId: 'bench' }), state);

export const clones = () => () => structuredClone(structuredClone(state));
