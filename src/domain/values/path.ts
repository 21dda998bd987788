/** How the notes spell what leads into a value that JSON does not have, and how a message does: `0.1` and `.value(0)`. */
export interface InnerStep {
  readonly notes: string;
  readonly words: string;
}

/** What leads from a value to one inside it: a key, an index, or a step into a value that JSON does not have. */
export type ValueStep = string | number | InnerStep;

/** Steps that a path is shown with at most; the middle of a longer one is left out. */
const maxSteps = 20;

/** A path as code would write it: `state.metadata.items[0]["a b"]`. */
export function formatValuePath(root: string, steps: readonly ValueStep[]): string {
  const shown = steps.map(formatStep);
  if (shown.length > maxSteps) shown.splice(maxSteps / 2, shown.length - maxSteps, '...');
  return `${root}${shown.join('')}`;
}

export function formatStep(step: ValueStep): string {
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'object') return step.words;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** A path as superjson writes it in its notes: keys joined by dots, with dots and backslashes in them escaped. */
export function formatNotesPath(steps: readonly ValueStep[], start = 0, end = steps.length): string {
  // Without a list of its own: this is done for each value that JSON does not have.
  let path = '';
  for (let at = start; at < end; at++) path += `${at === start ? '' : '.'}${notesStep(steps[at])}`;
  return path;
}

function notesStep(step: ValueStep | undefined): string {
  if (typeof step === 'object') return step.notes;
  if (typeof step !== 'string') return String(step);
  return step.includes('.') || step.includes('\\') ? step.replace(/[\\.]/g, '\\$&') : step;
}

/** The keys of such a path. */
export function parseNotesPath(text: string): string[] {
  if (!text.includes('\\')) return text.includes('.') ? text.split('.') : [text];
  const keys = [''];
  for (const [part, escaped] of text.matchAll(/\\(.)|[^\\]/gsu)) {
    if (part === '.') keys.push('');
    else keys.push(`${keys.pop()}${escaped ?? part}`);
  }
  return keys;
}
