import { createId } from '../../domain/create-id.js';

let prefix: string | undefined;
let turns = 0;

/**
 * The id of a turn: letters, digits and `-`. Cheap, as every turn needs one, while random bytes from the kernel take longer than all else
 * that begins a turn. Copies of a process that was restored from a snapshot share prefix and count, and differ by the time.
 */
export function createTurnId(): string {
  prefix ??= createId().slice(0, 8);
  turns++;
  return `${prefix}-${Date.now()}-${turns}`;
}
