import { createRequire } from 'node:module';

/** Node's `http`, loaded with the first server: it takes a fifth of the time in which the rest of the package loads. */
export function loadHttp(): typeof import('node:http') {
  return createRequire('/')('node:http');
}
