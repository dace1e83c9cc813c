import { registerSchemaResources } from './resources/schema.ts';
import type { Feature } from './server.ts';

export const registerResources: Feature = (server, { toolName, ...call }) => {
  if (toolName !== undefined) return;
  registerSchemaResources(server, call);
};
