import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const info = { name: 'end-to-end', version: '1.0.0' };

/** The clients that real assistants use, each with what it needs to reach the endpoint. */
export const clients = {
  'v2 client on 2026-07-28': async (url: string, headers: Record<string, string> = {}) => {
    const client = new ModernClient(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
    );
    return client;
  },
  'v2 client in legacy mode': async (url: string, headers: Record<string, string> = {}) => {
    const client = new ModernClient(info);
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
    );
    return client;
  },
  'v1 client': async (url: string, headers: Record<string, string> = {}) => {
    const client = new FirstClient(info);
    // The SDK's own types disagree under exactOptionalPropertyTypes.
    await client.connect(new FirstTransport(new URL(url), { requestInit: { headers } }) as never);
    return client as unknown as ModernClient;
  },
};
