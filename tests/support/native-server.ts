import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import { withClient } from './with-client.ts';

/** The logins' password, where a server wants one and they have none yet. */
const loginPassword = 'retail-tests';
export const emptyTemplate = 'template0';
const logins = ['retail_app', 'retail_service', 'retail_maintenance'];
const staleAfterSeconds = 2 * 60 * 60;

/** The same server's connection string for another database and, if given, another login. */
export function connectionStringFor(server: string, database: string, login?: string): string {
  const url = new URL(server);
  url.pathname = database;
  if (login) {
    url.username = login;
    url.password = loginPassword;
  }
  return url.href;
}

/** Copies the template; the name says when, so that a later run can tell what is left over. */
export async function createNativeDatabase(server: string, template: string): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const name = `retail_test_${seconds}_${randomBytes(4).toString('hex')}`;
  await withClient(server, async (client) => {
    await client.query(`create database ${name} template ${template}`);
    // A copy has the template's objects, but not what was granted on the template itself.
    if (template !== emptyTemplate) {
      await client.query(`revoke create, temporary on database ${name} from public`);
    }
  });
  return name;
}

export async function dropNativeDatabase(server: string, name: string): Promise<void> {
  await withClient(server, (client) =>
    client.query(`drop database if exists ${name} with (force)`),
  );
}

/** Drops what runs that were killed have left behind, and templates but the one in use. */
export async function dropStaleDatabases(client: ClientBase, template: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database
     where datname ~ '^retail_test_[0-9]+_'
         and split_part(datname, '_', 3)::bigint < extract(epoch from now()) - $1
       or datname ~ '^retail_template_' and datname <> $2`,
    [staleAfterSeconds, template],
  );
  for (const { datname } of rows) await client.query(`drop database if exists ${datname}`);
}

export async function letLoginsIn(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_authid where rolname = any ($1) and rolpassword is null',
    [logins],
  );
  for (const { rolname } of rows) {
    await client.query(`alter role ${rolname} password '${loginPassword}'`);
  }
}
