import { app } from '@azure/functions';
import { application } from './application.ts';
import { httpHandler } from './http.ts';

// A function key is not MCP authorization: the endpoint knows its callers itself.
app.http('mcp', {
  route: 'mcp',
  methods: ['POST', 'GET', 'DELETE', 'OPTIONS'],
  authLevel: 'anonymous',
  handler: httpHandler((request) => application().endpoint.fetch(request)),
});
