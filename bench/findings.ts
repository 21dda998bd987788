/** What to make of the numbers, by measure: why a target is missed, and what that is worth. */
export const findings: Readonly<Record<string, string>> = {};
