import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const boundMs = 60_000;

/** Calls a tool as a client of 2026-07-28 does; resolves with the answer's text, which is checked. */
export function toolCaller(url: string, name: string, args: object): () => Promise<string> {
  const body = Buffer.from(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name,
        arguments: args,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  );
  const options = {
    method: 'POST',
    agent,
    timeout: boundMs,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
  };
  const target = new URL(url);
  return () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const outgoing = request(target, options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const good = incoming.statusCode === 200 && text.includes('"structuredContent"');
        if (good) resolve(text);
        else reject(new Error(`${name} answered ${incoming.statusCode}: ${text}`));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${name}: no answer in time`)));
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  };
}
