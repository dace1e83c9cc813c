import { type AuthInfo, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Identity } from '../infrastructure/identity.ts';
import { serverName, serverVersion } from '../infrastructure/version.ts';
import { instructions } from './instructions.ts';
import { registerResources } from './resources.ts';
import type { RetailServices } from './services.ts';
import { tools } from './tools.ts';

/** What a request brings to the server that is built for it. */
export type ServedRequest = Readonly<{
  identity: Identity;
  requestId: string;
  /** The tool of a lone tools/call: then no other needs to be registered. */
  toolName: string | undefined;
}>;

const serverInfo = {
  name: serverName,
  version: serverVersion,
  title: 'Zava Retail analytics',
};

const aDay = 86_400_000;
const publicForADay = { ttlMs: aDay, cacheScope: 'public' } as const;

/** Builds one server for each request; what lives longer is in the services. */
export function createServerFactory(services: RetailServices): McpServerFactory {
  return ({ authInfo }) => {
    const { identity, requestId, toolName } = servedBy(authInfo);
    const server = new McpServer(serverInfo, {
      instructions,
      capabilities: { tools: { listChanged: false }, resources: { listChanged: false } },
      cacheHints: {
        'server/discover': publicForADay,
        'tools/list': publicForADay,
        'resources/templates/list': publicForADay,
        'resources/list': { ttlMs: 300_000, cacheScope: 'private' },
      },
      maxToolInputElements: 1_000,
    });
    const call = { identity, services, requestId };
    const called = tools.filter(({ name }) => name === toolName);
    for (const tool of called.length > 0 ? called : tools) tool.register(server, call);
    if (called.length === 0) registerResources(server, call);
    return server;
  };
}

/** The endpoint hands it over; a server without a caller is not built. */
function servedBy(authInfo: AuthInfo | undefined): ServedRequest {
  const served = authInfo?.extra?.served;
  if (!served) throw new TypeError('the request carries no identity');
  return served as ServedRequest;
}
