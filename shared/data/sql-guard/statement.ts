import type { ParseResult, SelectStmt } from 'libpg-query';
import { refuseNodeType, unwrap } from './parse-tree.ts';
import { refuse } from './refusal.ts';

/** The one query of a text: its tree, and the part of the text that it was read from. */
export type Statement = Readonly<{ query: SelectStmt; sql: string }>;

/**
 * Takes out the only statement, without semicolons. It may end in a comment, so a line break has to
 * follow it where it is wrapped.
 */
export function onlyQuery(sql: string, { stmts = [] }: ParseResult): Statement {
  const [first, ...more] = stmts;
  if (first?.stmt === undefined || more.length > 0) {
    refuse(
      more.length > 0 ? 'There is more than one statement.' : 'There is no statement.',
      'Send exactly one SELECT.',
    );
  }
  const { type, fields } = unwrap(first.stmt);
  if (type !== 'SelectStmt') refuseNodeType(type);
  // Both count bytes of UTF-8; the length is absent when the statement ends with the text.
  const { stmt_location: start = 0, stmt_len: length } = first;
  const end = length === undefined ? undefined : start + length;
  return { query: fields as SelectStmt, sql: Buffer.from(sql).subarray(start, end).toString() };
}
