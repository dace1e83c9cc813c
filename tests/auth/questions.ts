import { legacy, modern } from '../end-to-end/requests.ts';

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const salesQuery = (postgresql_query: string) => ({
  name: 'execute_sales_query',
  arguments: { postgresql_query },
});

/** One way to ask in each era of the protocol. */
export const eras = { '2026-07-28': modern, '2025-06-18': legacy } as const;

/** The stores whose rows a caller sees, or the status that refuses it. */
export async function storesSeen(
  url: string,
  headers: Record<string, string>,
): Promise<string[] | number> {
  const { status, json } = await modern(
    url,
    'tools/call',
    salesQuery('select distinct store_id from retail.customers order by 1'),
    headers,
  );
  if (status !== 200) return status;
  return json.result.structuredContent.rows.flat();
}
