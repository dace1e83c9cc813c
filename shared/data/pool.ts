import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { Settings } from '../infrastructure/config.ts';
import { cancelQuery } from './cancel-query.ts';
import { isReadTimeout } from './database-errors.ts';

/**
 * The two logins of the server: `callers` runs SQL for callers and can become one of the caller
 * roles, nothing else; `service` reads identities and migrations and never runs a caller's SQL.
 */
export type Pools = Readonly<{ callers: pg.Pool; service: pg.Pool }>;

/** A client, or a pool that picks one for each query. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** What a statement of ours may take that no transaction bounds; they read a few rows. */
export const statementBoundMs = 5_000;

/** Opens no connection yet: the first query does. */
export function createPools(settings: Settings): Pools {
  return {
    callers: createPool(callerConnection(settings), settings),
    service: createPool(
      { ...serviceConnection(settings), query_timeout: statementBoundMs },
      {
        ...settings,
        DATABASE_POOL_MIN: 0,
        DATABASE_POOL_MAX: Math.min(2, settings.DATABASE_POOL_MAX),
      },
    ),
  };
}

/** Waits for the calls in flight, then closes every connection. */
export async function closePools({ callers, service }: Pools): Promise<void> {
  await Promise.all([callers.end(), service.end()]);
}

/** How many connections there are, and how many calls wait for one. */
export function poolState(pool: pg.Pool) {
  const { totalCount: total, idleCount: idle, waitingCount: waiting, options } = pool;
  return { total, idle, waiting, max: options.max ?? total };
}

function createPool(connection: pg.ClientConfig, settings: Settings): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    ...tls(connection, settings),
    application_name: 'zava-retail-mcp',
    // One round trip for the opening of a transaction and its first query.
    pipeline: true,
    min: settings.DATABASE_POOL_MIN,
    max: settings.DATABASE_POOL_MAX,
    idleTimeoutMillis: settings.DATABASE_POOL_IDLE_SECONDS * 1000,
    maxLifetimeSeconds: settings.DATABASE_POOL_LIFETIME_SECONDS,
    connectionTimeoutMillis: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
    keepAlive: true,
  } as pg.PoolConfig);
  // An idle connection that breaks is replaced by the pool; without a listener it ends the process.
  pool.on('error', () => {});
  // A statement over its bound (query_timeout) takes the connection with it, at this end only.
  pool.on('release', (error, client) => {
    if (isReadTimeout(error)) cancelQuery(client);
  });
  return pool;
}

function callerConnection(settings: Settings): pg.ClientConfig {
  if (settings.DATABASE_URL) return fromUrl(settings.DATABASE_URL);
  return {
    host: settings.PGHOST,
    port: settings.PGPORT ?? 5432,
    database: settings.PGDATABASE ?? 'retail',
    user: settings.PGUSER ?? 'retail_app',
    password: settings.PGPASSWORD,
  } as pg.ClientConfig;
}

function serviceConnection(settings: Settings): pg.ClientConfig {
  if (settings.DATABASE_SERVICE_URL) return fromUrl(settings.DATABASE_SERVICE_URL);
  return { ...callerConnection(settings), user: 'retail_service' };
}

function fromUrl(text: string): pg.ClientConfig {
  const url = new URL(text);
  return {
    host: url.searchParams.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    user: decodeURIComponent(url.username) || 'retail_app',
    ...(url.password && { password: decodeURIComponent(url.password) }),
  };
}

/**
 * Certificates are verified wherever the traffic leaves the machine. Azure Database for PostgreSQL
 * chains to roots that Node.js ships; a server with a root of its own names it in DATABASE_CA_FILE.
 */
function tls({ host }: pg.ClientConfig, settings: Settings): pg.ClientConfig {
  const onThisMachine = host === undefined || /^(localhost|127\.|::1$|\/)/.test(host);
  const mode = settings.DATABASE_TLS ?? (onThisMachine ? 'disable' : 'verify-full');
  if (mode === 'disable') return { ssl: false };
  const { DATABASE_CA_FILE: file } = settings;
  return { ssl: { rejectUnauthorized: true, ...(file && { ca: readFileSync(file, 'utf8') }) } };
}
