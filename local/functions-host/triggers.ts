import type { HttpFunction } from './http-front.ts';
import { type InvocationLog, triggerOf } from './invocation.ts';
import type { FunctionApp } from './load-app.ts';
import { compileRoute } from './routes.ts';
import type { HostSettings } from './settings.ts';
import { createTimer, type Timer } from './timers.ts';

/** What a function without `methods` answers to. */
const httpMethods = [
  'GET',
  'POST',
  'DELETE',
  'HEAD',
  'PATCH',
  'PUT',
  'OPTIONS',
  'TRACE',
  'CONNECT',
];

/**
 * The app's functions by the kind of their trigger. They are ordered by name, as Azure does it: the
 * first HTTP route that matches wins.
 */
export function readTriggers(app: FunctionApp, settings: HostSettings, log: InvocationLog) {
  const http: HttpFunction[] = [];
  const timers: Timer[] = [];
  const sorted = [...app.functions.values()].sort((a, b) =>
    a.metadata.name.toLowerCase() < b.metadata.name.toLowerCase() ? -1 : 1,
  );
  for (const registered of sorted) {
    const { name, bindings, retryOptions } = registered.metadata;
    const { binding } = triggerOf(bindings);
    const others = Object.values(bindings).filter((one) => one !== binding && one.type !== 'http');
    if (retryOptions || others.length > 0) {
      throw new Error(`Function "${name}": this host knows no retry and no further bindings.`);
    }
    if (binding.type === 'httpTrigger') {
      const methods = (binding.methods as string[] | undefined)?.map((one) => one.toUpperCase());
      const path = String(binding.route || name);
      try {
        const route = compileRoute(settings.routePrefix, path, methods ?? httpMethods);
        http.push({ name, registered, route });
      } catch (error) {
        throw new Error(`Function "${name}": ${(error as Error).message}.`, { cause: error });
      }
    } else if (binding.type === 'timerTrigger') {
      timers.push(createTimer(app, registered, settings.functionTimeoutMs, log));
    } else {
      throw new Error(
        `Function "${name}": this host runs HTTP and timer triggers, not ${binding.type}.`,
      );
    }
  }
  return { http, timers };
}
