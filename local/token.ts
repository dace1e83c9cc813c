import { parseArgs } from 'node:util';
import { roles, scopes } from '../shared/infrastructure/identity.ts';
import { checkGrant } from './administration.ts';
import { duration, invalid, oneOf, report, required, several } from './command-line.ts';
import { mintToken } from './local-issuer.ts';

const usage = `npm run --silent token -- --role store_manager --store seattle [options]

Prints a token for a server that npm start -- --auth has started on this machine. Send it as
"Authorization: Bearer <token>".

  --role ROLE      store_manager, regional_manager or headquarters
  --store NAME     a store of a manager; several for a regional manager
  --region NAME    a region of a regional manager; or several
  --scope SCOPE    one or several of ${scopes.join(', ')}
                   (default retail.read,retail.query)
  --subject S      who it is (default local:<role>:<stores>)
  --ttl T          how long it is valid, up to 1d (default 1h)`;

const maxLifeSeconds = 86_400;

await report(async () => {
  const { values } = parseArgs({
    options: {
      role: { type: 'string' },
      store: { type: 'string', multiple: true },
      region: { type: 'string', multiple: true },
      scope: { type: 'string', multiple: true, default: ['retail.read', 'retail.query'] },
      subject: { type: 'string' },
      ttl: { type: 'string', default: '1h' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const role = oneOf(roles, required(values.role, '--role'), '--role');
  const stores = several(values.store);
  const regions = several(values.region);
  checkGrant({ role, stores, regions });
  const granted = several(values.scope).map((scope) => oneOf(scopes, scope, '--scope'));
  const life = duration(values.ttl, '--ttl');
  if (life > maxLifeSeconds) throw invalid(`--ttl must not be "${values.ttl}".`, 'At most 1d.');
  const token = await mintToken(
    {
      sub: values.subject ?? ['local', role, ...stores, ...regions].join(':'),
      roles: [role],
      scp: granted.join(' '),
      ...(stores.length > 0 && { stores }),
      ...(regions.length > 0 && { regions }),
    },
    life,
  );
  console.log(token);
});
