import { app } from '@azure/functions';
import { closeApplication } from './application.ts';
import { drain } from './http.ts';
import './health.ts';
import './mcp.ts';
import './oauth-metadata.ts';

app.setup({ enableHttpStream: true });

/** The host ends the process five seconds after this hook begins. */
const drainMs = 3_000;

app.hook.appTerminate(async () => {
  await drain(drainMs);
  await closeApplication();
});
