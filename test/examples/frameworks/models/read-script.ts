/** Asks the test what the model says to this prompt, and yields it piece by piece. */
export async function* readScript(
  prompt: unknown,
): AsyncGenerator<{ text: string; order?: never } | { order: unknown; text?: never }> {
  const { MODEL_URL = '' } = process.env;
  const { body } = await fetch(MODEL_URL, { method: 'POST', body: JSON.stringify(prompt) });
  let rest = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}
