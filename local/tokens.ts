import { administer, databaseUsage, run } from './administration.ts';
import { duration, invalid, required, runCommand } from './command-line.ts';

const usage = `npm run tokens -- <command> [options]

Revokes tokens before they expire; it takes effect within half a minute on every instance.

  revoke  --id JTI [--for 2d]      one token, by its id (claim jti, with Entra ID uti)
  revoke  --subject S [--for 2d]   all tokens of a subject that were issued up to now
  list

  --for   how long the revocation is kept: at least the life of the tokens (default 2d)

${databaseUsage}`;

type Row = { jti: string | null; subject: string | null; revoked_at: Date; expires_at: Date };

await runCommand(
  usage,
  {
    id: { type: 'string' },
    subject: { type: 'string' },
    for: { type: 'string', default: '2d' },
  },
  {
    async revoke({ id, subject, for: life }) {
      if ((id === undefined) === (subject === undefined)) {
        throw invalid('Say which tokens.', 'Give either --id or --subject.');
      }
      const values = [required(id ?? subject, '--id'), duration(life, '--for')];
      const statement = id === undefined ? 'revoke-subject' : 'revoke-token';
      await administer((client) => run(client, statement, values));
      console.log(`${id ?? `Tokens of ${subject}`}: revoked`);
    },
    async list() {
      const { rows } = await administer((client) => run<Row>(client, 'list-revocations'));
      for (const { jti, subject, revoked_at, expires_at } of rows) {
        const what = jti ?? `Tokens of ${subject}`;
        console.log(`${what}: ${revoked_at.toISOString()}, until ${expires_at.toISOString()}`);
      }
      if (rows.length === 0) console.log('There are none.');
    },
  },
);
