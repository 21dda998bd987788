/** A key, an index, or what else leads from a value to one inside it, already in words. */
export type ValueStep = string | number | { readonly words: string };

/** Steps that a path is shown with at most; the middle of a longer one is left out. */
const maxSteps = 20;

/** A path as code would write it: `state.metadata.items[0]["a b"]`. */
export function formatValuePath(root: string, steps: readonly ValueStep[]): string {
  const shown = steps.map(formatStep);
  if (shown.length > maxSteps) shown.splice(maxSteps / 2, shown.length - maxSteps, '…');
  return `${root}${shown.join('')}`;
}

function formatStep(step: ValueStep): string {
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'object') return step.words;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
