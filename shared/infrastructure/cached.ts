/** Keeps a value for a while; one load at a time, and a failed one is not kept. */
export function cached<Value>(
  load: () => Promise<Value>,
  lifetimeMs: number,
): () => Promise<Value> {
  let kept: { value: Promise<Value>; until: number } | undefined;
  return () => {
    if (kept && kept.until > Date.now()) return kept.value;
    const value = load();
    const loading = { value, until: Date.now() + lifetimeMs };
    kept = loading;
    value.catch(() => {
      if (kept === loading) kept = undefined;
    });
    return value;
  };
}
