import { createRequire } from 'node:module';

/** From any place: it is asked for modules of Node only. */
const load = createRequire('/');

type Crypto = typeof import('node:crypto');

let crypto: Crypto | undefined;

/** Node's `crypto`, loaded when it is first needed: that takes longer than most of what needs it. */
export function loadCrypto(): Crypto {
  const loaded: Crypto = crypto ?? load('node:crypto');
  crypto = loaded;
  return loaded;
}

/** Node's `fs`, which brings all of its streams if it is imported. */
export function loadFs(): typeof import('node:fs') {
  return load('node:fs');
}
