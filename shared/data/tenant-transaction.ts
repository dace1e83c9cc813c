import { createSecretKey } from 'node:crypto';
import type { Socket } from 'node:net';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type pg from 'pg';
import { RetailError } from '../infrastructure/errors.ts';
import type { Identity, Role } from '../infrastructure/identity.ts';
import { cancelQuery } from './cancel-query.ts';
import { ConnectionLost, isConnectionLoss, toDatabaseError } from './database-errors.ts';
import { type AnswerLimits, type QueryAnswer, readAnswer } from './query-answer.ts';
import { type ContextKey, signTenantContext } from './tenant-context.ts';

/** What work inside a tenant transaction may do: read, under the caller's row-level policies. */
export type TenantSession = Readonly<{
  /** Runs a statement of ours and returns its rows as objects; values are bound, never spliced. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs a query that a caller or a model wrote: extended protocol, wrapped, bounded. It is the last
   * of its transaction, whose end goes to the server in the same packet: no statement of ours ever
   * runs under what such a query has set.
   */
  answer(sql: string, limits: AnswerLimits): Promise<QueryAnswer>;
}>;

export type TenantTransaction = <Result>(
  identity: Identity,
  work: (session: TenantSession) => Promise<Result>,
  options?: { signal?: AbortSignal | undefined },
) => Promise<Result>;

type Options = Readonly<{
  pool: pg.Pool;
  contextKey: ContextKey;
  timeoutMs: number;
  /** How long a call may wait for a connection, tries of a lost one included; and for its first answer. */
  acquireTimeoutMs: number;
}>;

/** The role of PostgreSQL that a caller's SQL runs as. */
const databaseRoles: Record<Role, string> = {
  store_manager: 'store_managers',
  regional_manager: 'regional_managers',
  headquarters: 'headquarters',
};

/** The server's own timeout comes first; the client's is for a server that does not keep it. */
const clientGraceMs = 1_000;
/** A context outlives its statement by seconds only, so that a stolen one is worth little. */
const contextGraceMs = 10_000;

/**
 * The one door to tenant data. The work runs in a read-only transaction as the caller's role, with
 * the stores that this server signed for the caller, and always ends in a rollback: nothing it sets
 * survives on the connection. A connection that is not known to be clean is destroyed.
 *
 * A call is tried again when its connection was lost before the transaction was open, never later.
 */
export function createTenantTransaction({
  pool,
  contextKey,
  timeoutMs,
  acquireTimeoutMs,
}: Options): TenantTransaction {
  const signingKey = { kid: contextKey.kid, secret: createSecretKey(contextKey.secret) };
  const whenNothingRan = retry(
    handleWhen((error) => error instanceof ConnectionLost && error.mayTryAgain),
    { maxAttempts: 3, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }) },
  );

  return async (identity, work, { signal } = {}) => {
    const tryAgainUntil = performance.now() + acquireTimeoutMs;
    try {
      return await whenNothingRan.execute(() => attempt(identity, work, signal, tryAgainUntil));
    } catch (error) {
      throw toDatabaseError(error);
    }
  };

  async function attempt<Result>(
    identity: Identity,
    work: (session: TenantSession) => Promise<Result>,
    signal: AbortSignal | undefined,
    tryAgainUntil: number,
  ): Promise<Result> {
    const opening = openingOf(identity);
    const lost = (cause: unknown, nothingRan: boolean) =>
      new ConnectionLost(cause, nothingRan && performance.now() < tryAgainUntil);
    const client = await acquire(pool).catch((error: unknown) => {
      throw error instanceof RetailError ? error : lost(error, true);
    });
    const socket = socketOf(client);
    let opened = false;
    let clean = false;
    let ending: Promise<boolean> | undefined;
    const end = () => (ending ??= rolledBack(client));
    let stopReason: RetailError | undefined;
    const stop = (reason: RetailError) => {
      stopReason ??= reason;
      destroy(client);
    };
    const onAbort = () => stop(new RetailError('query_cancelled', 'The caller went away.'));
    const timer = setTimeout(() => stop(timeout()), timeoutMs + clientGraceMs);
    // A connection that no longer leads anywhere, or has to wait behind others at a pooler.
    const unanswered = setTimeout(() => stop(busy()), acquireTimeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    // Without a listener, a connection that breaks between two queries would end the process.
    const onError = () => {};
    client.on('error', onError);
    if (signal?.aborted) onAbort();
    // Until the next tick: the opening leaves with the work's first query, in one packet.
    socket.cork();
    process.nextTick(() => socket.uncork());
    const opens = client.query(opening).then(() => {
      opened = true;
      clearTimeout(unanswered);
    });
    // When it fails, the work's first query fails with it; the opening's own reason is thrown below.
    opens.catch(() => {});
    try {
      const result = await work(session(client, end));
      await opens;
      clean = await end();
      return result;
    } catch (error) {
      if (stopReason) throw stopReason;
      if (isConnectionLoss(error)) throw lost(error, !opened);
      clean = await end();
      await opens;
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(unanswered);
      signal?.removeEventListener('abort', onAbort);
      client.removeListener('error', onError);
      if (!clean) destroy(client);
      client.release(!clean);
    }
  }

  function openingOf(identity: Identity): string {
    const expiresAt = new Date(Date.now() + timeoutMs + contextGraceMs);
    const context = signTenantContext(identity, signingKey, expiresAt);
    return [
      'begin read only',
      `set local role ${databaseRoles[identity.role]}`,
      // The parts of a context are of known alphabets without a quote (signTenantContext checks).
      `set local app.tenant_context = '${context}'`,
      `set local statement_timeout = ${timeoutMs}`,
      // In this order no table or function of another schema can take the place of a built-in one.
      'set local search_path = pg_catalog, retail, extensions, pg_temp',
      // Compiling costs more than it saves on queries of this size.
      'set local jit = off',
      // For a server that is not told when its client is gone.
      `set local idle_in_transaction_session_timeout = ${timeoutMs}`,
      "set local timezone = 'UTC'",
      "set local datestyle = 'ISO'",
    ].join('; ');
  }
}

/** Rollback undoes settings and the role; these two it leaves behind. */
const closing = 'rollback; select pg_catalog.pg_advisory_unlock_all(); deallocate all';

function session(client: pg.PoolClient, end: () => Promise<boolean>): TenantSession {
  let ended = false;
  const mustBeOpen = () => {
    if (ended) throw new TypeError('the transaction ended with the answer before');
  };
  return {
    async rows<Row extends object>(sql: string, values: readonly unknown[] = []) {
      mustBeOpen();
      const result = await client.query<Row>({ text: sql, values: [...values] });
      return result.rows;
    },
    async answer(sql, limits) {
      mustBeOpen();
      ended = true;
      const answer = readAnswer(client, sql, limits);
      void end();
      return answer;
    },
  };
}

async function acquire(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    const full = pool.totalCount >= (pool.options.max ?? 10);
    if (
      full &&
      error instanceof Error &&
      /timeout exceeded when trying to connect/.test(error.message)
    ) {
      throw busy(error);
    }
    throw error;
  }
}

/** False when the connection cannot be vouched for, be it lost, or cut off within an answer. */
async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  if (socketOf(client).destroyed) return false;
  try {
    await client.query(closing);
    return client.getTransactionStatus() === 'I';
  } catch {
    return false;
  }
}

function destroy(client: pg.PoolClient): void {
  cancelQuery(client);
  socketOf(client).destroy();
}

function socketOf(client: pg.PoolClient): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

function busy(cause?: unknown): RetailError {
  return new RetailError('busy', 'The server is busy.', {
    hint: 'Try again in a few seconds.',
    cause,
  });
}

function timeout(): RetailError {
  return new RetailError('query_timeout', 'The query took too long and was ended.', {
    hint: 'Filter by store, product or a shorter period, or aggregate before joining.',
    sqlStateClass: '57',
  });
}
