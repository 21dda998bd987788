let crypto: Promise<typeof import('node:crypto')> | undefined;

/** Node's `crypto`, loaded when it is first needed: it takes longer to load than most of what needs it. */
export function loadCrypto(): Promise<typeof import('node:crypto')> {
  crypto ??= import('node:crypto');
  return crypto;
}
