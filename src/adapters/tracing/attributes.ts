/** The names of the attributes. They are interface: docs/tracing.md lists them. */
export const names = {
  session: 'session.id',
  conversation: 'gen_ai.conversation.id',
  error: 'error.type',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  request: 'aws.request_id',
  callerLeft: 'looopy.caller_left',
  turn: 'looopy.turn.id',
  outcome: 'looopy.turn.outcome',
  genAiOperation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  agentName: 'gen_ai.agent.name',
  agentId: 'gen_ai.agent.id',
  agentVersion: 'gen_ai.agent.version',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  storeOperation: 'looopy.store.operation',
  storeOutcome: 'looopy.store.outcome',
  storeBytes: 'looopy.store.bytes',
  readUnits: 'looopy.store.read_units',
  writeUnits: 'looopy.store.write_units',
} as const;

/** What groups all spans of one session: for AgentCore, and for the conventions of OpenTelemetry. */
export function sessionAttributes(sessionId: string) {
  return { [names.session]: sessionId, [names.conversation]: sessionId };
}
