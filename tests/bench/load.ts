export type Load = Readonly<{
  calls: number;
  callsPerSecond: number;
  /** Milliseconds that half, 95% and 99% of the calls stayed below. */
  p50: number;
  p95: number;
  p99: number;
}>;

/** Clients that call again as soon as they are answered, for some time; a call that fails ends it. */
export async function drive(
  call: () => Promise<void>,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Load> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  const client = async () => {
    for (let from = performance.now(); from < end; ) {
      await call();
      const now = performance.now();
      latencies.push(now - from);
      from = now;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const elapsedSeconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const percentile = (share: number) =>
    latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  return {
    calls: latencies.length,
    callsPerSecond: latencies.length / elapsedSeconds,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
  };
}
