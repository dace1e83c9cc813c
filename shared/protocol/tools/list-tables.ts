import { z } from 'zod';
import { summariseRelations } from '../../business/sales-schema.ts';
import { defineTool } from '../tool.ts';

export const listTables = defineTool({
  name: 'list_tables',
  title: 'Tables and views',
  description:
    'The tables and views of the retail database that can be read, one line each. Then call get_multiple_table_schemas for the ones that a question needs.',
  scope: 'retail.read',
  input: z.object({}),
  output: z.object({
    tables: z.array(
      z.object({
        name: z.string().describe('Name with schema, as a query writes it'),
        kind: z.enum(['table', 'view']),
        description: z.string(),
      }),
    ),
  }),
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  async run(_args, { services }) {
    return { tables: summariseRelations(await services.schemaCatalog()) };
  },
  text: ({ tables }) =>
    tables.map(({ name, kind, description }) => `${name} (${kind}): ${description}`).join('\n'),
});
