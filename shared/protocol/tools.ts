import type { Feature } from './server.ts';
import type { Tool } from './tool.ts';
import { executeSalesQuery } from './tools/execute-sales-query.ts';
import { getCurrentUtcDate } from './tools/get-current-utc-date.ts';
import { getMultipleTableSchemas } from './tools/get-multiple-table-schemas.ts';
import { listTables } from './tools/list-tables.ts';

/** Every tool, in the order in which a list shows them. */
export const tools: readonly Tool[] = [
  getCurrentUtcDate,
  listTables,
  getMultipleTableSchemas,
  executeSalesQuery,
];

export const registerTools: Feature = (server, { toolName, ...call }) => {
  const called = tools.filter(({ name }) => name === toolName);
  for (const tool of called.length > 0 ? called : tools) tool.register(server, call);
};
