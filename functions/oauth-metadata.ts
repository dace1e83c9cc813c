import { app } from '@azure/functions';
import { application } from './application.ts';
import { httpHandler } from './http.ts';

// Both well-known forms: with the path of the resource, as RFC 9728 builds it, and without.
for (const [name, path] of [
  ['oauth-metadata', ''],
  ['oauth-metadata-mcp', '/mcp'],
]) {
  app.http(`${name}`, {
    route: `.well-known/oauth-protected-resource${path}`,
    methods: ['GET', 'OPTIONS'],
    authLevel: 'anonymous',
    handler: httpHandler(async (request) => application().resourceMetadata(request)),
  });
}
