import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createApplication } from '../../functions/composition.ts';
import { readSettings } from '../../shared/infrastructure/config.ts';
import type { TestDatabase } from '../support/fresh-database.ts';
import { audience, type Issuer } from './issuer.ts';

/** The settings of a server that asks for tokens of the issuer, on the database of a suite. */
export function settingsFor(database: TestDatabase, issuer: Issuer): Record<string, string> {
  const { kid, secret } = database.contextKey;
  return {
    AUTH_MODE: 'jwt',
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: audience,
    DATABASE_URL: database.appUrl,
    DATABASE_SERVICE_URL: database.serviceUrl,
    DATABASE_ENGINE: database.engine === 'embedded' ? 'embedded' : 'server',
    DATABASE_POOL_MIN: '0',
    DATABASE_POOL_MAX: '5',
    CONTEXT_SIGNING_KEY: `${kid}:${secret.toString('base64')}`,
  };
}

/** The application over HTTP within this process, so that a test can have many, each with settings of its own. */
export async function serveApplication(environment: Record<string, string>) {
  const application = createApplication(readSettings(environment));
  const server = createServer(async (incoming, outgoing) => {
    const response = await application.endpoint.fetch(toWebRequest(incoming));
    // What was refused unread would be in the way of the connection's next request.
    if (!incoming.complete) outgoing.setHeader('connection', 'close');
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body) await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {});
    else outgoing.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await application.close();
    },
  };
}

function toWebRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', headers, url = '/' } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as const),
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' }),
  } as RequestInit);
}
