/**
 * Reads a JSON body of a bounded size: `{ json }`, or the response that refuses it (413, or 400 with
 * the parse error of JSON-RPC). The declared length is not believed.
 */
export async function readJsonBody(
  request: Request,
  maxBytes: number,
): Promise<{ json: unknown } | Response> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) return tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (request.body) {
    for await (const chunk of request.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) return tooLarge(maxBytes);
      chunks.push(chunk);
    }
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return error(400, -32_700, 'Parse error: the body is not JSON.');
  }
}

function tooLarge(maxBytes: number): Response {
  return error(413, -32_600, `The body is over ${maxBytes} bytes.`);
}

function error(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status });
}
