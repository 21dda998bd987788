/**
 * What a user has said, in the form of the conventions. What is no text is JSON.
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#capturing-instructions-inputs-and-outputs
 */
export function inputMessages(said: unknown): string {
  const parts = Array.isArray(said) ? said : [said].filter((each) => each !== undefined);
  return JSON.stringify([{ role: 'user', parts: parts.map(toPart) }]);
}

/** What an agent has said. */
export function outputMessages(content: string, outcome: string): string {
  const finish_reason = outcome === 'completed' ? 'stop' : 'error';
  return JSON.stringify([{ role: 'assistant', parts: [toPart(content)], finish_reason }]);
}

function toPart(value: unknown): object {
  return { type: 'text', content: typeof value === 'string' ? value : (JSON.stringify(value) ?? '') };
}
