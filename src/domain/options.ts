import { AgentStoreError } from './errors.js';

/** Every option of an interface by name: the compiler refuses a list that lacks one. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Refuses options of unknown names. A misspelt one would otherwise have no effect, and nobody would notice.
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if its name is not in the list.
 */
export function requireKnownOptions<Options extends object>(
  options: Options,
  names: OptionNames<Options>,
): void {
  if (typeof options !== 'object' || options === null) throw refused('The options are missing.');
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, option)) continue;
    throw invalidOption(option, `is not known; known are ${Object.keys(names).join(', ')}`);
  }
}

/** The error for an option that cannot work; its message names the option. */
export function invalidOption(option: string, problem: string): AgentStoreError {
  return refused(`The option "${option}" ${problem}.`);
}

/** @throws AgentStoreError `CONFIGURATION`, naming the option and its problem, if the option cannot work. */
export function requireOption(works: boolean, option: string, problem: string): asserts works {
  if (!works) throw invalidOption(option, problem);
}

/** @throws AgentStoreError `CONFIGURATION`, naming the option, for anything but text of at least one character. */
export function requireText(option: string, value: unknown): void {
  const isText = typeof value === 'string' && value !== '' && value.isWellFormed();
  requireOption(isText, option, 'must be a well-formed string that is not empty');
}

function refused(message: string): AgentStoreError {
  return new AgentStoreError('CONFIGURATION', message, { operation: 'constructor' });
}
