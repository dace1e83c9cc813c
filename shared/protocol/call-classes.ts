import type { Scope } from '../infrastructure/identity.ts';
import type { RateClass } from '../infrastructure/rate-limit/rate-limiter.ts';
import { tools } from './tools.ts';

const classOfScope: Record<Scope, RateClass> = {
  'retail.read': 'read',
  'retail.query': 'query',
  'retail.pii': 'contacts',
  'retail.admin': 'read',
};

const classOfTool = new Map(tools.map(({ name, scope }) => [name, classOfScope[scope]]));

/** How many calls of each class a JSON-RPC body asks for: a batch is no cheaper than its parts. */
export function countCalls(body: unknown): Map<RateClass, number> {
  const calls = new Map<RateClass, number>();
  for (const message of Array.isArray(body) ? body : [body]) {
    const rateClass = classOfTool.get(toolNameOf(message) ?? '') ?? 'read';
    calls.set(rateClass, (calls.get(rateClass) ?? 0) + 1);
  }
  return calls;
}

/** The tool that a message calls, if it calls one. */
export function toolNameOf(message: unknown): string | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } };
  return method === 'tools/call' && typeof params?.name === 'string' ? params.name : undefined;
}
