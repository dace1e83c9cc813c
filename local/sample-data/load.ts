import { type ClientBase, escapeIdentifier } from 'pg';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import type { Row, TableRows } from './tables.ts';

export type LoadOptions = Readonly<{
  /** Deletes what is there. Otherwise a database that holds data is left as it is. */
  replace?: boolean;
  /** Called after each batch with the rows so far. */
  onProgress?: (rows: number) => void;
}>;

const batchRows = 2_000;

/** Whether stores are in the database. The login is one that may become `retail_loader`. */
export async function holdsData(client: ClientBase): Promise<boolean> {
  return inTransaction(client, async () => {
    await requireSchema(client);
    return anyStore(client);
  });
}

/**
 * Loads tables in one transaction: everything or nothing; answers the number of rows. The login is
 * one that may become `retail_loader` and `retail_owner`: retail_maintenance or an administrator.
 *
 * The rows go by INSERT, a batch of JSON at a time, because PostgreSQL refuses COPY to a role that
 * row-level security binds, and every role here is bound by it. The same works on the embedded
 * engine. The next batch is made while the server inserts the last one.
 *
 * @throws RetailError when the database holds data already, or has no retail schema.
 */
export async function loadTables(
  client: ClientBase,
  tables: Iterable<TableRows>,
  { replace = false, onProgress }: LoadOptions = {},
): Promise<number> {
  return inTransaction(client, async () => {
    await requireSchema(client);
    await keepOthersOut(client);
    if (!replace && (await anyStore(client))) {
      throw new RetailError('invalid_request', 'The database holds data already.', {
        hint: 'Add --replace to delete it and load anew.',
      });
    }
    await emptyTables(client);

    await client.query('set local role retail_loader');
    let rows = 0;
    for (const table of tables) {
      await insertRows(client, table, (inserted) => {
        rows += inserted;
        onProgress?.(rows);
      });
    }
    await finish(client, rows);
    return rows;
  });
}

async function requireSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `select to_regclass('retail.stores') is not null and to_regrole('retail_loader') is not null as found`,
  );
  if (rows[0].found) return;
  throw new RetailError('invalid_request', 'The database has no retail schema.', {
    hint: 'Run npm run db:migrate on it first.',
  });
}

/** Of two loads, the second finds what the first has loaded. Readers go on. */
async function keepOthersOut(client: ClientBase): Promise<void> {
  await client.query('set local role retail_owner');
  await client.query('lock table retail.stores in share row exclusive mode');
}

async function anyStore(client: ClientBase): Promise<boolean> {
  await client.query('set local role retail_loader');
  const { rows } = await client.query('select exists (select from retail.stores) as found');
  return rows[0].found;
}

/**
 * Every row that refers to a store or a category is everything but the audit trail. Also done when
 * there are no rows: a load that was broken off leaves dead rows, and statistics of an empty table
 * by which each foreign key check reads a whole store. Readers wait from here on, and autovacuum
 * stays away, which could gather such statistics half-way.
 */
async function emptyTables(client: ClientBase): Promise<void> {
  await client.query('set local role retail_owner');
  await client.query('truncate retail.stores, retail.product_categories cascade');
}

async function insertRows(
  client: ClientBase,
  { table, rows }: TableRows,
  onInserted: (rows: number) => void,
): Promise<void> {
  let inserting = Promise.resolve();
  for (const batch of batches(rows)) {
    const columns = Object.keys(batch[0] ?? {})
      .map(escapeIdentifier)
      .join(', ');
    const json = JSON.stringify(batch);
    await inserting;
    inserting = client
      .query(
        `insert into ${table} (${columns})
         select ${columns} from json_populate_recordset(null::${table}, $1)`,
        [json],
      )
      .then(() => onInserted(batch.length));
    // A failure is met by the next await, when the next batch is made.
    inserting.catch(() => {});
  }
  await inserting;
}

function* batches(rows: Iterable<Row>): Generator<readonly Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What PostgreSQL does not do by itself: the next free category id, fresh statistics, the audit. */
async function finish(client: ClientBase, rows: number): Promise<void> {
  await client.query('set local role retail_owner');
  await client.query(
    `select setval(pg_get_serial_sequence('retail.product_categories', 'category_id'), max(category_id))
     from retail.product_categories`,
  );
  await client.query(
    `analyze retail.stores, retail.product_categories, retail.products, retail.customers,
       retail.sales_transactions, retail.sales_transaction_items`,
  );
  await client.query(
    `insert into retail.audit_log (subject, role, action, object, outcome, row_count)
     values (session_user, 'retail_loader', 'load', 'schema retail', 'ok', $1)`,
    [rows],
  );
}

async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin isolation level read committed read write');
  try {
    // Each statement is bounded; the whole is as long as its data.
    await client.query(`set local lock_timeout = '10s'; set local statement_timeout = '2min'`);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that is gone cannot roll back, and need not: the first error is the cause.
    await client.query('rollback').catch(() => {});
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  switch ((error as { code?: string }).code) {
    case '42501':
      return new RetailError('forbidden', 'This login may not load data.', {
        hint: 'Set DATABASE_MAINTENANCE_URL to a member of retail_owner and retail_loader, such as retail_maintenance.',
        cause: error,
      });
    case '55P03':
      return new RetailError('busy', 'Somebody else holds the retail tables.', {
        hint: 'Nothing was changed: try again when the other load, migration or long query is done.',
        cause: error,
      });
    default:
      return error;
  }
}
