import type { PendingAuthRequest, PendingToolInput } from '../domain/agent-state.js';
import { createId } from '../domain/create-id.js';
import { copyValue } from '../domain/values/copy-value.js';
import { misused } from './agent-error.js';
import type { OpenQuestion } from './journal.js';
import type { CredentialRequest, Question } from './turn-context.js';

/** What a state has of a question that waits, of one kind or the other. */
export type NewQuestion = Pick<OpenQuestion, 'inputId' | 'input' | 'request'>;

/** @throws AgentError `MISUSED` if there is no prompt; AgentStoreError `UNSERIALIZABLE` if something in it cannot be kept. */
export function createQuestion(question: Question, taskId: string): NewQuestion {
  const { prompt, options, schema } = question;
  const inputType = question.inputType ?? (options === undefined ? 'clarification' : 'selection');
  const given = { ...(options && { options: [...options] }), ...(schema && { schema }) };
  const inputId = createId();
  const input: PendingToolInput = { inputId, ...createCall('ask', prompt, taskId), inputType, ...given };
  return { inputId, input: requireCopy(input, prompt) };
}

/** @throws AgentError `MISUSED` if there is no prompt; AgentStoreError `UNSERIALIZABLE` if something in it cannot be kept. */
export function createCredentialRequest(wanted: CredentialRequest, taskId: string): NewQuestion {
  const { prompt, authType = 'custom', provider, scopes, metadata } = wanted;
  const given = { ...(provider && { provider }), ...(scopes && { scopes }), ...(metadata && { metadata }) };
  const authId = createId();
  const request: PendingAuthRequest = {
    authId,
    authType,
    ...createCall('askForCredential', prompt, taskId),
    ...given,
  };
  return { inputId: authId, request: requireCopy(request, prompt) };
}

/** @throws AgentError `MISUSED` if a question has no prompt, by which it is known on a later run. */
export function requirePrompt(question: Question | CredentialRequest): string {
  const prompt: unknown = question?.prompt;
  if (typeof prompt === 'string' && prompt !== '') return prompt;
  throw misused('A question must have a "prompt", which is text.');
}

function createCall(toolName: string, prompt: string, taskId: string) {
  return { toolCallId: createId(), toolName, toolArguments: { prompt }, taskId, prompt };
}

/** The question, checked: an answer must find it, whatever becomes of this process. */
function requireCopy<Pending extends object>(pending: Pending, prompt: string): Pending {
  return Object.assign({ ...pending }, copyValue(pending, `the question "${prompt}"`));
}
