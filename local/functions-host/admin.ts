import type { IncomingMessage } from 'node:http';

export type AdminAnswer = { status: number; body?: object };

const adminPath = /^\/admin\/functions(?:\/([^/]+))?\/?$/i;
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * The part of Azure's admin API that a developer uses: `GET /admin/functions` lists, and
 * `POST /admin/functions/<timer>` runs one now and answers 202 before it is done
 * (https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http); the `input`
 * in its body is for other triggers.
 *
 * Azure asks for a key here. On a laptop any web page can send to loopback, so that what a browser
 * sends (it has an Origin, or a Host that a foreign name service pointed here) is refused.
 */
export function createAdmin(
  functions: readonly object[],
  timers: ReadonlyMap<string, { run(): Promise<void> }>,
) {
  return (path: string, { method, headers }: IncomingMessage): AdminAnswer => {
    if (headers.origin !== undefined || !loopback.test(headers.host ?? '')) return { status: 403 };
    const found = adminPath.exec(path);
    const name = found?.[1]?.toLowerCase();
    if (found && name === undefined && method === 'GET') return { status: 200, body: functions };
    const timer = name === undefined ? undefined : timers.get(name);
    if (!timer || method !== 'POST') return { status: 404 };
    // The timer logs its errors; nobody waits for them here.
    timer.run().catch(() => {});
    return { status: 202 };
  };
}
