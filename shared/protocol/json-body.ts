import { RetailError } from '../infrastructure/errors.ts';

export type BodyLimits = Readonly<{ maxBytes: number; maxDepth: number }>;

/**
 * Reads a JSON body of bounded size and depth. The declared length is not believed.
 *
 * @throws RetailError `request_too_large` or `malformed_json`.
 */
export async function readJsonBody(
  request: Request,
  { maxBytes, maxDepth }: BodyLimits,
): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const body = await readBytes(request.body, maxBytes);
  if (isDeeperThan(maxDepth, body)) {
    throw new RetailError('invalid_request', `The body is nested over ${maxDepth} levels deep.`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new RetailError('malformed_json', 'Parse error: the body is not JSON.', { cause });
  }
}

async function readBytes(body: Request['body'], maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      bytes += read.value.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(read.value);
    }
  } finally {
    // The rest is left to the one who has the connection: to cancel it here would cut the answer off.
    reader?.releaseLock();
  }
  return Buffer.concat(chunks);
}

const [quote, backslash, openArray, openObject, closeArray, closeObject] = Buffer.from('"\\[{]}');

/** Counted on the bytes: whoever walks a deep value recursively runs out of stack. */
function isDeeperThan(maxDepth: number, json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (byte === openArray || byte === openObject) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === closeArray || byte === closeObject) {
      depth -= 1;
    }
  }
  return false;
}

function tooLarge(maxBytes: number): RetailError {
  return new RetailError('request_too_large', `The body is over ${maxBytes} bytes.`);
}
