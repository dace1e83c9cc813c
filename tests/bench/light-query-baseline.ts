import pg from 'pg';
import { signTenantContext } from '../../shared/data/tenant-context.ts';
import { parseContextKey } from '../../shared/infrastructure/config.ts';
import { drive } from './load.ts';

/**
 * The light query as a program of its own would run it: the same role, context and settings, the
 * opening, the query and the end of the transaction sent together. No tool, no HTTP, no guard.
 */
type Order = { url: string; key: string; sql: string; clients: number; seconds: number };

process.once('message', async (order: Order) => {
  const { url, key, sql, clients, seconds } = order;
  const pool = new pg.Pool({ connectionString: url, pipeline: true, max: 10 } as pg.PoolConfig);
  const context = signTenantContext(
    { userId: 'bench', role: 'store_manager', storeIds: ['seattle'], scopes: [] },
    parseContextKey(key),
    new Date(Date.now() + 600_000),
  );
  const opening = `begin read only; set local role store_managers;
    set local app.tenant_context = '${context}'; set local statement_timeout = 30000;
    set local search_path = retail, extensions; set local jit = off; set local timezone = 'UTC';
    set local datestyle = 'ISO'`;
  const call = async () => {
    const client = await pool.connect();
    try {
      const [, { rowCount }] = await Promise.all([
        client.query(opening),
        client.query({ text: sql, queryMode: 'extended' } as pg.QueryConfig),
        client.query('rollback'),
      ]);
      if (rowCount !== 1) throw new Error(`the baseline saw ${rowCount} rows`);
    } finally {
      client.release();
    }
  };
  await drive(call, { clients, seconds: 1 });
  const before = process.cpuUsage();
  const load = await drive(call, { clients, seconds });
  const { user, system } = process.cpuUsage(before);
  await pool.end();
  process.send?.({ ...load, cpuMicroseconds: (user + system) / load.calls }, () => {
    process.disconnect();
  });
});
