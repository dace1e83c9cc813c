import { type AuthInfo, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Identity } from '../infrastructure/identity.ts';
import { serverName, serverVersion } from '../infrastructure/version.ts';
import { instructions } from './instructions.ts';
import type { CallContext, RetailServices } from './services.ts';

/** What a request brings to the server that is built for it. */
export type ServedRequest = Readonly<{
  identity: Identity;
  requestId: string;
  /** The tool of a lone tools/call: then nothing else needs to be registered. */
  toolName: string | undefined;
}>;

/** Registers what the server offers: tools, resources or prompts. */
export type Feature = (
  server: McpServer,
  call: CallContext & Readonly<{ toolName: string | undefined }>,
) => void;

const serverInfo = {
  name: serverName,
  version: serverVersion,
  title: 'Zava Retail analytics',
};

const aDay = 86_400_000;
const publicForADay = { ttlMs: aDay, cacheScope: 'public' } as const;

/** Builds one server for each request; what lives longer is in the services. */
export function createServerFactory(
  services: RetailServices,
  features: readonly Feature[],
): McpServerFactory {
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
    for (const register of features) register(server, { identity, services, requestId, toolName });
    return server;
  };
}

/** The endpoint hands it over; a server without a caller is not built. */
function servedBy(authInfo: AuthInfo | undefined): ServedRequest {
  const served = authInfo?.extra?.served;
  if (!served) throw new TypeError('the request carries no identity');
  return served as ServedRequest;
}
