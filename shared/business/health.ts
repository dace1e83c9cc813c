import type { UnreadyReason } from '../data/database-health.ts';
import { serverVersion } from '../infrastructure/version.ts';

export type Component = Readonly<{
  status: 'healthy' | 'unhealthy';
  latency_ms?: number;
  reason?: string;
  [detail: string]: unknown;
}>;

export type HealthReport = Readonly<{
  status: 'healthy' | 'unhealthy';
  failed_components: readonly string[];
  components: Readonly<Record<string, Component>>;
}>;

export type HealthChecks = Readonly<{
  /** The first reason why callers cannot be served. */
  unreadyReason(): Promise<UnreadyReason | undefined>;
  databaseVersions(): Promise<Record<string, string>>;
  pool(): Readonly<{ total: number; idle: number; waiting: number; max: number }>;
}>;

const boundMs = 5_000;

/** Whether callers can be served now. A check that does not end in time is a failed one. */
export async function readiness(
  checks: HealthChecks,
): Promise<{ status: 'ready' } | { status: 'not_ready'; reason: UnreadyReason }> {
  const reason = await withinBound(checks.unreadyReason()).catch(
    () => 'database_unavailable' as const,
  );
  return reason ? { status: 'not_ready', reason } : { status: 'ready' };
}

/** Every component with its state; for the operator, not for the world. */
export async function healthReport(checks: HealthChecks): Promise<HealthReport> {
  const start = performance.now();
  const ready = await readiness(checks);
  const latency_ms = Math.round((performance.now() - start) * 10) / 10;
  const versions = await withinBound(checks.databaseVersions()).catch(() => ({}));
  const { waiting, ...pool } = checks.pool();
  const { rss, heapUsed } = process.memoryUsage();
  const components: Record<string, Component> = {
    database:
      ready.status === 'ready'
        ? { status: 'healthy', latency_ms }
        : { status: 'unhealthy', latency_ms, reason: ready.reason },
    pool: { status: waiting > pool.max ? 'unhealthy' : 'healthy', ...pool, waiting },
    memory: { status: 'healthy', rss_bytes: rss, heap_used_bytes: heapUsed },
    versions: { status: 'healthy', server: serverVersion, node: process.version, ...versions },
  };
  const failed_components = Object.keys(components).filter(
    (name) => components[name]?.status === 'unhealthy',
  );
  return {
    status: failed_components.length === 0 ? 'healthy' : 'unhealthy',
    failed_components,
    components,
  };
}

async function withinBound<Value>(check: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the check took too long')), boundMs);
  try {
    return await Promise.race([check, promise]);
  } finally {
    clearTimeout(timer);
  }
}
