import { createApplication } from '../../functions/composition.ts';
import { closePools, createPools } from '../../shared/data/pool.ts';
import { createTenantTransaction } from '../../shared/data/tenant-transaction.ts';
import { readSettings } from '../../shared/infrastructure/config.ts';
import type { Identity } from '../../shared/infrastructure/identity.ts';
import { userIdOf } from '../end-to-end/stores.ts';
import type { TestDatabase } from './fresh-database.ts';

export type Answer = Readonly<{
  rows: unknown[][];
  truncated: boolean;
  /** What the caller is told when the call failed. */
  error?: Readonly<{ code: string; message: string; hint?: string; sqlstate_class?: string }>;
  /** The whole answer, as it came. */
  text: string;
}>;

type Question = { store?: keyof typeof userIdOf; maxRows?: number; signal?: AbortSignal };

export type Ask = (sql: string, question?: Question) => Promise<Answer>;

type ServedDatabase = Pick<TestDatabase, 'engine' | 'appUrl' | 'contextKey'> & {
  serviceUrl?: string;
};
type Settings = Readonly<Record<string, string>>;

/** The environment in which the product serves a test database. */
export function settingsFor(database: ServedDatabase, more: Settings = {}): Settings {
  const { engine, appUrl, serviceUrl, contextKey } = database;
  return {
    AUTH_MODE: 'local',
    DATABASE_URL: appUrl,
    ...(serviceUrl && { DATABASE_SERVICE_URL: serviceUrl }),
    DATABASE_ENGINE: engine === 'embedded' ? 'embedded' : 'server',
    DATABASE_POOL_MIN: '0',
    CONTEXT_SIGNING_KEY: `${contextKey.kid}:${contextKey.secret.toString('base64')}`,
    ...more,
  };
}

/** The product in this process, without a host; the suite closes it. */
export function startApplication(database: ServedDatabase, more?: Settings) {
  const application = createApplication(readSettings(settingsFor(database, more)));
  return { ...application, ask: askThrough(application.endpoint.fetch) };
}

/** The one door to tenant data, with no guard before it; the suite closes it. */
export function openTenantDoor(database: ServedDatabase, more?: Settings) {
  const settings = readSettings(settingsFor(database, more));
  const pools = createPools(settings);
  const tenantTransaction = createTenantTransaction({
    pool: pools.callers,
    contextKey: settings.CONTEXT_SIGNING_KEY,
    timeoutMs: settings.QUERY_TIMEOUT_MS,
    acquireTimeoutMs: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
  });
  const limits = { maxRows: settings.QUERY_MAX_ROWS, maxBytes: settings.QUERY_MAX_BYTES };
  return {
    pool: pools.callers,
    answer: (identity: Identity, sql: string) =>
      tenantTransaction(identity, (session) => session.answer(sql, limits)),
    close: () => closePools(pools),
  };
}

/** Asks by the tool `execute_sales_query`, in the caller's own name or as the manager of a store. */
export function askThrough(
  send: (request: Request) => Promise<Response>,
  url = 'http://localhost/mcp',
): Ask {
  return async (sql, { store, maxRows, signal } = {}) => {
    const request = new Request(url, {
      method: 'POST',
      headers: {
        host: new URL(url).host,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-06-18',
        ...(store && { 'x-rls-user-id': userIdOf[store] }),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name: 'execute_sales_query',
          arguments: { postgresql_query: sql, ...(maxRows && { max_rows: maxRows }) },
        },
      }),
      ...(signal && { signal }),
    });
    const response = await send(request);
    const text = await response.text();
    return { ...read(text), text };
  };
}

function read(text: string): Omit<Answer, 'text'> {
  const nothing = { rows: [], truncated: false };
  if (text === '') return { ...nothing, error: { code: 'no_answer', message: '' } };
  const { result, error } = JSON.parse(text);
  if (error) return { ...nothing, error: { ...error.data, message: error.message } };
  if (result.isError) {
    const told = result._meta?.['zava.retail/error'];
    return { ...nothing, error: told ?? { code: 'bad_arguments', message: text } };
  }
  return { rows: result.structuredContent.rows, truncated: result.structuredContent.truncated };
}
