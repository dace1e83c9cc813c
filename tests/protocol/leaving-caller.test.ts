import { describe, expect, it } from 'vitest';
import { createMcpEndpoint } from '../../shared/protocol/endpoint.ts';

const legacyCall = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } };
const modernCall = {
  ...legacyCall,
  params: {
    name: 'slow',
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
};

describe('a caller that goes away', () => {
  it.each([
    ['2025-11-25', legacyCall, {}],
    ['2026-07-28', modernCall, { 'mcp-method': 'tools/call', 'mcp-name': 'slow' }],
  ])(
    'ends its call on %s, and the endpoint is done with it',
    async (version, body, headers) => {
      const running = Promise.withResolvers<void>();
      const cancelled = Promise.withResolvers<void>();
      const endpoint = createMcpEndpoint({
        services: {
          tenantTransaction: () => Promise.reject(new Error('not called')),
          schemaCatalog: async () => new Map(),
          guardQuery: () => Promise.reject(new Error('not called')),
          queryLimits: { maxRows: 1, maxBytes: 1, maxSqlBytes: 1_024 },
          scopePrefix: '',
        },
        features: [
          (server) =>
            server.registerTool(
              'slow',
              { description: 'Runs until cancelled' },
              async (context) => {
                context.mcpReq.signal.addEventListener('abort', () => cancelled.resolve());
                running.resolve();
                await cancelled.promise;
                return { content: [] };
              },
            ),
        ],
        identify: async () => ({
          userId: 'test',
          role: 'headquarters',
          storeIds: [],
          scopes: ['retail.read', 'retail.query'],
        }),
        admit: async () => {},
        limits: { maxBytes: 1_048_576, maxDepth: 64, maxHeaderBytes: 16_384 },
        allowedHosts: ['localhost'],
        allowedOrigins: [],
      });
      const caller = new AbortController();
      const answer = endpoint.fetch(
        new Request('http://localhost/mcp', {
          method: 'POST',
          headers: {
            host: 'localhost',
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-protocol-version': version,
            ...headers,
          },
          body: JSON.stringify(body),
          signal: caller.signal,
        }),
      );
      await running.promise;
      caller.abort();
      await cancelled.promise;
      expect((await answer).status).toBe(499);
      await endpoint.close();
    },
    10_000,
  );
});
