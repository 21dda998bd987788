import { fileURLToPath } from 'node:url';

/** Where the report and its plots go, and the raw results beside them. */
export const docsFolder = fileURLToPath(new URL('../docs/', import.meta.url));
export const resultsFolder = fileURLToPath(new URL('../docs/benchmarks/', import.meta.url));
