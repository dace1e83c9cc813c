import { z } from 'zod';
import { describeRelations } from '../../business/sales-schema.ts';
import { relationMarkdown, relationSchema, toRelationContent } from '../relation-content.ts';
import { defineTool } from '../tool.ts';

export const getMultipleTableSchemas = defineTool({
  name: 'get_multiple_table_schemas',
  title: 'Schemas of tables',
  description:
    'Columns with types and comments, keys, relationships, valid values and query hints of one or more tables. Ask for all tables of a question in one call, before writing SQL.',
  scope: 'retail.read',
  input: z.object({
    table_names: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(20)
      .describe('Names from list_tables, for example ["retail.customers", "retail.products"]'),
  }),
  output: z.object({ tables: z.array(relationSchema) }),
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  async run({ table_names }, { identity, services, signal }) {
    const catalog = await services.schemaCatalog();
    const relations = await services.tenantTransaction(
      identity,
      (session) => describeRelations(session, catalog, table_names),
      { signal },
    );
    return { tables: relations.map(toRelationContent) };
  },
  text: ({ tables }) => tables.map(relationMarkdown).join('\n\n'),
});
