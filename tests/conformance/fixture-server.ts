import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { createMcpEndpoint } from '../../shared/protocol/endpoint.ts';
import { registerResources } from '../../shared/protocol/resources.ts';
import type { Feature } from '../../shared/protocol/server.ts';
import { registerTools } from '../../shared/protocol/tools.ts';

/**
 * The product's endpoint and features over HTTP on loopback, with more features beside them. There
 * is no database behind it: a catalogue of no table, and no tenant data to be had.
 */
export async function startFixtureServer(fixtures: readonly Feature[]) {
  const endpoint = createMcpEndpoint({
    services: {
      tenantTransaction: async () => {
        throw new RetailError('database_unavailable', 'There is no database.');
      },
      schemaCatalog: async () => new Map(),
      guardQuery: async () => {
        throw new RetailError('query_refused', 'There is no table to query.');
      },
      queryLimits: { maxRows: 1, maxBytes: 1_024, maxSqlBytes: 1_024 },
      scopePrefix: '',
    },
    features: [registerTools, registerResources, ...fixtures],
    identify: async () => ({
      userId: 'test',
      role: 'headquarters',
      storeIds: [],
      scopes: ['retail.read', 'retail.query'],
    }),
    admit: async () => {},
    limits: { maxBytes: 1_048_576, maxDepth: 64, maxHeaderBytes: 16_384 },
    allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
    allowedOrigins: ['localhost', '127.0.0.1', '[::1]'],
  });
  const server = createServer(async (incoming, outgoing) => {
    const caller = new AbortController();
    outgoing.on('close', () => caller.abort());
    const response = await endpoint.fetch(toWebRequest(incoming, caller.signal));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    // A caller that leaves its stream is no failure of the server.
    if (response.body) await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {});
    else outgoing.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async stop() {
      await endpoint.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

function toWebRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', headers, url } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url ?? '/', 'http://127.0.0.1'), {
    method,
    headers: Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' }),
  } as RequestInit);
}
