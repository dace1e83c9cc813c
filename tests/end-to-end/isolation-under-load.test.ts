import { expect, inject, it } from 'vitest';
import { legacy, modern } from './requests.ts';
import { userIdOf } from './stores.ts';

const url = inject('endpoint');
const calls = 5_000;
const concurrentClients = 16;

/** Queries whose every row begins with the store that it is of, and two that fail. */
const queries = [
  'select store_id, count(*) from retail.sales_transactions group by 1',
  'select store_id, customer_id, first_name from retail.customers limit 5',
  'select i.store_id, p.product_name, i.total_price from retail.sales_transaction_items i join retail.products p using (store_id, product_id) limit 20',
  "select store_id from retail.products where store_id in ('seattle', 'online', 'tacoma') limit 3",
  'select store_id, region from retail.stores',
  'select nope from retail.customers',
  'select store_id, 1 / 0 from retail.stores',
];

it(`keeps 8 stores apart over ${calls} mixed calls of ${concurrentClients} clients`, async () => {
  const stores = Object.entries(userIdOf);
  const rowsSeen = new Map<string, number>();
  let next = 0;

  await Promise.all(
    Array.from({ length: concurrentClients }, async () => {
      while (next < calls) {
        const call = next++;
        const [store, userId] = stores[call % stores.length] ?? [];
        const postgresql_query = queries[Math.floor(call / stores.length) % queries.length];
        const ask = call % 3 === 0 ? legacy : modern;
        const { status, json } = await ask(
          url,
          'tools/call',
          { name: 'execute_sales_query', arguments: { postgresql_query } },
          { 'x-rls-user-id': String(userId) },
        );
        expect(status).toBe(200);
        const { isError, structuredContent } = json.result;
        if (isError) continue;
        const foreign = structuredContent.rows.filter((row: string[]) => row[0] !== store);
        expect(foreign).toEqual([]);
        rowsSeen.set(
          String(store),
          (rowsSeen.get(String(store)) ?? 0) + structuredContent.row_count,
        );
      }
    }),
  );

  expect([...rowsSeen.keys()].sort()).toEqual(Object.keys(userIdOf).sort());
}, 300_000);
