import { AgentStoreError } from './errors.js';

/** Every option of an interface by name: the compiler refuses a list that lacks one. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Refuses what a misspelt name would otherwise leave without a word.
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if there is another one than those named.
 */
export function requireKnownOptions<Options extends object>(
  options: Options,
  names: OptionNames<Options>,
): void {
  if (typeof options !== 'object' || options === null) {
    const message = 'The options are missing.';
    throw new AgentStoreError('CONFIGURATION', message, { operation: 'constructor' });
  }
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, option)) continue;
    throw invalidOption(option, `is not known; known are ${Object.keys(names).join(', ')}`);
  }
}

/** An option that cannot work, said with its name. */
export function invalidOption(option: string, problem: string): AgentStoreError {
  return new AgentStoreError('CONFIGURATION', `The option "${option}" ${problem}.`, {
    operation: 'constructor',
  });
}
