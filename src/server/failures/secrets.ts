const namedSecrets = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'workloadaccesstoken',
  'x-amz-bedrock-agentcore-identity-wat',
  'x-api-key',
]);
const soundsSecret = /token|secret|password|passwd|credential|api-?key|signature|\bauth/;
/** A shorter secret is not looked for in other forms: those would be found in ordinary words. */
const minDisguised = 8;
/** Texts of a body that are shorter are part of too many other words to be taken out of them. */
const minText = 4;
const maxNodes = 20_000;

/** The secrets in the headers of a request, in each form that a message may quote them in. */
export function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const isNamed = namedSecrets.has(name);
    if (!isNamed && (value.length < minDisguised || !soundsSecret.test(name))) continue;
    secrets.push(value);
    if (!isNamed) continue;
    const afterScheme = value.slice(value.indexOf(' ') + 1);
    secrets.push(afterScheme);
    if (/^basic /i.test(value))
      secrets.push(
        Buffer.from(afterScheme, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      );
    if (name === 'cookie') secrets.push(...value.split(/;? *[^=; ]+=/).filter(isLong));
  }
  return secrets.flatMap(quotedForms);
}

/** A secret as it is, and as it is quoted: within JSON, within a URL, line by line, and as or within base64. */
export function quotedForms(secret: string): string[] {
  if (!isLong(secret)) return [secret];
  const json = inJson(secret);
  const lines = secret.split(/\r?\n/).filter(isLong);
  const url = secret.isWellFormed() ? encodeURIComponent(secret) : secret;
  return [secret, json, inJson(json), url, ...lines, ...inBase64(Buffer.from(secret))];
}

/**
 * The texts within values of a body, in the forms that a message may quote them in. `undefined` if there are too many to
 * look for: however large a body is, no more than so much work is done for it.
 */
export function bodyTexts(root: unknown): string[] | undefined {
  const texts: string[] = [];
  const open: unknown[] = [root];
  let nodes = 0;
  for (let value = open.pop(); nodes < maxNodes; value = open.pop()) {
    if (typeof value === 'string' && value.length >= minText) texts.push(value, inJson(value));
    if (Array.isArray(value)) {
      if (value.length + nodes > maxNodes) return undefined;
      for (const item of value) open.push(item);
      nodes += value.length;
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        if (nodes++ >= maxNodes) return undefined;
        open.push(Reflect.get(value, key));
      }
    }
    if (open.length === 0) return texts;
  }
  return undefined;
}

function isLong(secret: string): boolean {
  return secret.length >= minDisguised;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What base64 makes of these bytes wherever they stand in something longer, without the letters that they share. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/.?=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
