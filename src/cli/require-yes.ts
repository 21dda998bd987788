import { wrongUsage } from './failures.js';

/** @throws AgentStoreError `CONFIGURATION` unless the user has said that it may be done. */
export function requireYes({ yes }: { readonly yes: boolean }, does: string): void {
  if (!yes) throw wrongUsage(`This ${does}. Add --yes to do it; nothing has been changed.`);
}
