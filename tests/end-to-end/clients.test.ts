import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clients } from './clients.ts';

const url = inject('endpoint');

describe.each(Object.entries(clients))('%s', (_name, connect) => {
  let client: Awaited<ReturnType<typeof connect>>;

  beforeAll(async () => {
    client = await connect(url);
  });
  afterAll(() => client.close());

  it('learns how to use the server', () => {
    expect(client.getInstructions()).toContain('list_tables');
    expect(client.getServerVersion()).toMatchObject({ title: 'Zava Retail analytics' });
  });

  it('sees the tools with schemas and annotations, in a fixed order', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'get_current_utc_date',
      'list_tables',
      'get_multiple_table_schemas',
      'execute_sales_query',
    ]);
    for (const tool of tools) {
      expect(tool).toMatchObject({
        title: expect.any(String),
        description: expect.any(String),
        inputSchema: { type: 'object' },
        outputSchema: { type: 'object' },
        annotations: { readOnlyHint: true },
      });
    }
  });

  it('goes from a question to its answer as a model would', async () => {
    const { structuredContent: date } = await client.callTool({
      name: 'get_current_utc_date',
      arguments: { format: 'date_only' },
    });
    expect(date).toMatchObject({ utc: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });

    const { structuredContent: listed } = await client.callTool({ name: 'list_tables' });
    const { tables } = listed as { tables: { name: string; description: string }[] };
    const names = tables.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('retail.sales_transactions');
    expect(names).not.toContain('retail.customer_contacts');
    expect(names.some((name) => /audit|embedding_jobs|maintenance/.test(name))).toBe(false);
    expect(tables.every(({ description }) => description.length > 0)).toBe(true);

    const schemas = await client.callTool({
      name: 'get_multiple_table_schemas',
      arguments: { table_names: ['retail.sales_transactions', 'customers'] },
    });
    const [transactions, customers] = (
      schemas.structuredContent as {
        // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
        tables: any[];
      }
    ).tables;
    expect(transactions.valid_values.payment_method).toContain('digital_wallet');
    expect(transactions.relationships).toContainEqual({
      direction: 'refers_to',
      columns: ['store_id', 'customer_id'],
      other_table: 'retail.customers',
      other_columns: ['store_id', 'customer_id'],
    });
    expect(customers.keys).toContainEqual({
      kind: 'primary',
      columns: ['store_id', 'customer_id'],
    });
    expect((schemas.content as { text: string }[])[0]?.text).toContain(
      '## retail.sales_transactions (table)',
    );

    const { structuredContent } = await client.callTool({
      name: 'execute_sales_query',
      arguments: {
        postgresql_query: `select c.category_name, sum(i.total_price) as revenue
          from retail.sales_transaction_items i
            join retail.products p using (store_id, product_id)
            join retail.product_categories c using (category_id)
          group by 1 order by 2 desc limit 3`,
      },
    });
    const { rows } = structuredContent as { rows: [string, string][] };
    expect(rows).toHaveLength(3);
    expect(rows[0]?.[1]).toMatch(/^\d+\.\d\d$/);
  });

  it('is told the valid names when it asks for a table that is none', async () => {
    const { isError, content } = await client.callTool({
      name: 'get_multiple_table_schemas',
      arguments: { table_names: ['retail.sale'] },
    });
    expect(isError).toBe(true);
    const { text } = content[0] as { text: string };
    expect(text).toContain('retail.sale');
    expect(text).toContain('retail.sales_transactions');
  });

  it('reads the schema as resources, with completion', async () => {
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(
      expect.arrayContaining(['zava://schema', 'zava://schema/customers']),
    );
    const { contents } = await client.readResource({ uri: 'zava://schema/customers' });
    expect((contents[0] as { text: string }).text).toContain('loyalty_tier');
    const { completion } = await client.complete({
      ref: { type: 'ref/resource', uri: 'zava://schema/{table}' },
      argument: { name: 'table', value: 'sales_' },
    });
    expect(completion.values).toEqual(['sales_transaction_items', 'sales_transactions']);
    await expect(client.readResource({ uri: 'zava://schema/nothing' })).rejects.toThrow();
  });
});
