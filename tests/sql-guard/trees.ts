/** A copy of a parse tree without the places in the text, to compare queries of different texts. */
export function withoutLocations(tree: unknown): unknown {
  const text = JSON.stringify(tree, (key, value: unknown) =>
    /location$|^rexpr_list_|^list_(start|end)$/.test(key) ? undefined : value,
  );
  return JSON.parse(text) as unknown;
}
