import type { McpServer } from '@modelcontextprotocol/server';
import { registerSchemaResources } from './resources/schema.ts';
import type { CallContext } from './services.ts';

export function registerResources(server: McpServer, call: CallContext): void {
  registerSchemaResources(server, call);
}
