import type pg from 'pg';
import { type Role, roles } from '../shared/infrastructure/identity.ts';
import { administer, checkGrant, databaseUsage, type Grant, run } from './administration.ts';
import { invalid, oneOf, required, runCommand, several } from './command-line.ts';

const usage = `npm run principals -- <command> [options]

Says what the subject of a token may see, for tokens that name neither stores nor regions. A change
takes effect within half a minute.

  add     --subject S --role store_manager --store NAME
          --subject S --role regional_manager --region NAME [--region …] [--store …]
          --subject S --role headquarters
          Makes the subject's entry, or replaces it.
  list
  remove  --subject S

  --subject  the token's subject: sub, or with Entra ID the object id (oid)

${databaseUsage}`;

type Row = { subject: string; role: Role; store_ids: string[]; regions: string[] };

await runCommand(
  usage,
  {
    subject: { type: 'string' },
    role: { type: 'string' },
    store: { type: 'string', multiple: true },
    region: { type: 'string', multiple: true },
  },
  {
    async add({ subject, role, store, region }) {
      const name = required(subject, '--subject');
      const grant = {
        role: oneOf(roles, required(role, '--role'), '--role'),
        stores: several(store),
        regions: several(region),
      };
      checkGrant(grant);
      await administer(async (client) => {
        await checkNames(client, grant);
        await run(client, 'save-principal', [name, grant.role, grant.stores, grant.regions]);
      });
      console.log(`${name}: ${describe(grant)}`);
    },
    async list() {
      const { rows } = await administer((client) => run<Row>(client, 'list-principals'));
      for (const { subject, role, store_ids: stores, regions } of rows) {
        console.log(`${subject}: ${describe({ role, stores, regions })}`);
      }
      if (rows.length === 0) console.log('There are none.');
    },
    async remove({ subject }) {
      const name = required(subject, '--subject');
      const { changed } = await administer((client) => run(client, 'remove-principal', [name]));
      if (changed === 0) throw invalid(`There is no principal "${name}".`, 'See the list.');
      console.log(`${name}: removed`);
    },
  },
);

async function checkNames(client: pg.Client, { stores, regions }: Grant): Promise<void> {
  await client.query('set local role retail_loader');
  const { rows } = await run<{ store_id: string; region: string }>(client, 'open-stores');
  await client.query('reset role');
  const open = rows.map((row) => row.store_id);
  const unknown = stores.find((store) => !open.includes(store));
  if (unknown) throw invalid(`There is no open store "${unknown}".`, `Stores: ${open.join(', ')}.`);
  const known = [...new Set(rows.map((row) => row.region))];
  const nowhere = regions.find((region) => !known.includes(region));
  if (nowhere) throw invalid(`No store is in "${nowhere}".`, `Regions: ${known.join(', ')}.`);
}

function describe({ role, stores, regions }: Grant): string {
  const of = [...stores, ...regions.map((region) => `region ${region}`)];
  return of.length === 0 ? role : `${role} of ${of.join(', ')}`;
}
