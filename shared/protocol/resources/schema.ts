import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
  requireScopes,
} from '@modelcontextprotocol/server';
import { describeRelations, summariseRelations } from '../../business/sales-schema.ts';
import { toRetailError } from '../../infrastructure/errors.ts';
import { logError } from '../../infrastructure/log.ts';
import { relationMarkdown, toRelationContent } from '../relation-content.ts';
import type { CallContext } from '../services.ts';

const mimeType = 'text/markdown';

/** `zava://schema`: the tables; `zava://schema/{table}`: one of them, with completion. */
export function registerSchemaResources(server: McpServer, call: CallContext): void {
  const { identity, services, requestId } = call;
  const scopeChallenge = requireScopes(`${services.scopePrefix}retail.read`);

  server.registerResource(
    'schema',
    'zava://schema',
    {
      title: 'Retail tables',
      description: 'The tables and views that queries may read, one line each',
      mimeType,
      cacheHint: { ttlMs: 300_000, cacheScope: 'private' },
      scopeChallenge,
    },
    (uri) =>
      contents(uri, requestId, async () => {
        const relations = summariseRelations(await services.schemaCatalog());
        return relations
          .map(({ name, kind, description }) => `- **${name}** (${kind}): ${description}`)
          .join('\n');
      }),
  );

  server.registerResource(
    'table-schema',
    new ResourceTemplate('zava://schema/{table}', {
      list: async () => ({
        resources: summariseRelations(await services.schemaCatalog()).map(
          ({ name, description }) => ({
            uri: `zava://schema/${name.replace(/^retail\./, '')}`,
            name,
            description,
            mimeType,
          }),
        ),
      }),
      complete: {
        table: async (typed) =>
          [...(await services.schemaCatalog()).keys()].filter((name) =>
            name.startsWith(typed.toLowerCase()),
          ),
      },
    }),
    {
      title: 'Schema of a table',
      description: 'Columns, keys, relationships, valid values and hints of one table or view',
      mimeType,
      cacheHint: { ttlMs: 60_000, cacheScope: 'private' },
      scopeChallenge,
    },
    (uri, { table }, { mcpReq }) =>
      contents(uri, requestId, async () => {
        const catalog = await services.schemaCatalog();
        const [relation] = await services.tenantTransaction(
          identity,
          (session) => describeRelations(session, catalog, [String(table)]),
          { signal: mcpReq.signal },
        );
        return relation ? relationMarkdown(toRelationContent(relation)) : '';
      }),
  );
}

async function contents(uri: URL, requestId: string, read: () => Promise<string>) {
  try {
    return { contents: [{ uri: uri.href, mimeType, text: await read() }] };
  } catch (thrown) {
    const error = toRetailError(thrown);
    logError(uri.href, requestId, error);
    const code =
      error.code === 'not_found'
        ? ProtocolErrorCode.InvalidParams
        : ProtocolErrorCode.InternalError;
    const text = error.hint ? `${error.message} ${error.hint}` : error.message;
    throw new ProtocolError(code, text, { uri: uri.href, code: error.code, request_id: requestId });
  }
}
