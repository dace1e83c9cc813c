import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applicationRoot } from '../infrastructure/application-root.ts';

const texts = new Map<string, string>();

/** The text of a file below `sql/`, such as `sqlText('queries/list-stores.sql')`; read once. */
export function sqlText(path: string): string {
  let text = texts.get(path);
  if (text === undefined) {
    text = readFileSync(join(applicationRoot(), 'sql', path), 'utf8');
    texts.set(path, text);
  }
  return text;
}
