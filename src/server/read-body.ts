import { HttpError } from './http-error.js';

/** Reads a whole body. @throws HttpError `BODY_TOO_LARGE` as soon as it is, and `BAD_REQUEST` where it is cut off. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  try {
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    // A body is never longer than its length says, and reading it at once saves making a stream.
    return length === null
      ? await readChunks(request, maxBytes)
      : new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError('BAD_REQUEST', 'The body was cut off.', { cause: error });
  }
}

async function readChunks(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}
