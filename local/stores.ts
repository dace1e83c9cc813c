import type pg from 'pg';
import { administer, databaseUsage, run } from './administration.ts';
import { invalid, oneOf, required, runCommand } from './command-line.ts';

const usage = `npm run stores -- <command> [options]

  add    --store NAME --name "Zava Retail …" --region NAME
         [--type standard|flagship|ecommerce] [--location "City, ST"] [--user-id UUID]
         The store with its part of the vector index and its user id, all or nothing.
  close  --store NAME
         Its rows stay; nobody is let in for it alone any more.

  --store    lower-case letters, digits and _, for example portland
  --user-id  what a client sends in x-rls-user-id for the store (default: a random one)

${databaseUsage}`;

const types = ['standard', 'flagship', 'ecommerce'] as const;
const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

await runCommand(
  usage,
  {
    store: { type: 'string' },
    name: { type: 'string' },
    region: { type: 'string' },
    type: { type: 'string', default: 'standard' },
    location: { type: 'string' },
    'user-id': { type: 'string' },
  },
  {
    async add({ store, name, region, type, location, 'user-id': userId }) {
      const storeId = storeIdOf(store);
      const storeType = oneOf(types, type, '--type');
      if (userId !== undefined && !uuid.test(userId)) {
        throw invalid(`--user-id must not be "${userId}".`, 'It is a UUID, or left out.');
      }
      const row = [
        storeId,
        required(name, '--name'),
        location ?? null,
        storeType,
        required(region, '--region'),
        storeType === 'ecommerce',
      ];
      const assigned = await asLoader(async (client) => {
        await run(client, 'add-store', row).catch(taken(`store "${storeId}"`));
        const { rows } = await run<{ rls_user_id: string }>(client, 'add-store-identity', [
          storeId,
          userId ?? null,
        ]).catch(taken(`user id ${userId}`));
        return rows[0]?.rls_user_id;
      });
      console.log(`${storeId}: open, x-rls-user-id ${assigned}`);
    },
    async close({ store }) {
      const storeId = storeIdOf(store);
      const { changed } = await asLoader((client) => run(client, 'close-store', [storeId]));
      if (changed === 0) throw invalid(`There is no open store "${storeId}".`, 'Check the name.');
      console.log(`${storeId}: closed`);
    },
  },
);

/** The role that makes stores: under forced row-level security the owner itself cannot. */
function asLoader<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  return administer(async (client) => {
    await client.query('set local role retail_loader');
    return work(client);
  });
}

function storeIdOf(store: string | undefined): string {
  const storeId = required(store, '--store');
  if (/^[a-z0-9_]{1,40}$/.test(storeId)) return storeId;
  throw invalid(
    `--store must not be "${storeId}".`,
    'It has up to 40 lower-case letters, digits and _.',
  );
}

function taken(what: string) {
  return (error: { code?: string }): never => {
    if (error.code === '23505') throw invalid(`There is a ${what} already.`, 'Choose another.');
    throw error;
  };
}
