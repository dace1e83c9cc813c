import { z } from 'zod';
import type { RelationSchema } from '../business/sales-schema.ts';

/** A table or view as tools and resources show it. */
export const relationSchema = z.object({
  name: z.string(),
  kind: z.enum(['table', 'view']),
  description: z.string(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      nullable: z.boolean(),
      comment: z.string(),
    }),
  ),
  keys: z.array(z.object({ kind: z.enum(['primary', 'unique']), columns: z.array(z.string()) })),
  relationships: z.array(
    z.object({
      direction: z.enum(['refers_to', 'referred_to_by']),
      columns: z.array(z.string()),
      other_table: z.string(),
      other_columns: z.array(z.string()),
    }),
  ),
  valid_values: z.record(z.string(), z.array(z.string())),
  hints: z.array(z.string()),
});

export type RelationContent = z.infer<typeof relationSchema>;

export function toRelationContent(relation: RelationSchema): RelationContent {
  return {
    name: `retail.${relation.name}`,
    kind: relation.kind,
    description: relation.comment ?? '',
    columns: relation.columns.map((column) => ({ ...column, comment: column.comment ?? '' })),
    keys: relation.keys.flatMap(({ kind, columns }) =>
      kind === 'foreign' ? [] : [{ kind, columns: [...columns] }],
    ),
    relationships: relation.relationships.map(({ direction, columns, other, otherColumns }) => ({
      direction,
      columns: [...columns],
      other_table: `retail.${other}`,
      other_columns: [...otherColumns],
    })),
    valid_values: Object.fromEntries(
      Object.entries(relation.validValues).map(([column, values]) => [column, [...values]]),
    ),
    hints: [...relation.hints],
  };
}

/** The same as Markdown. */
export function relationMarkdown(relation: RelationContent): string {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines];
  return [
    `## ${relation.name} (${relation.kind})`,
    '',
    relation.description,
    '',
    '| column | type | null | comment |',
    '|---|---|---|---|',
    ...relation.columns.map(
      ({ name, type, nullable, comment }) =>
        `| ${name} | ${type} | ${nullable ? 'yes' : 'no'} | ${comment.replaceAll('|', '\\|')} |`,
    ),
    ...section(
      'Keys',
      relation.keys.map(({ kind, columns }) => `- ${kind}: (${columns.join(', ')})`),
    ),
    ...section(
      'Relationships',
      relation.relationships.map(({ direction, columns, other_table, other_columns }) => {
        const arrow = direction === 'refers_to' ? '→' : '←';
        return `- (${columns.join(', ')}) ${arrow} ${other_table} (${other_columns.join(', ')})`;
      }),
    ),
    ...section(
      'Valid values',
      Object.entries(relation.valid_values).map(
        ([column, values]) => `- ${column}: ${values.join(', ')}`,
      ),
    ),
    ...section(
      'Hints',
      relation.hints.map((hint) => `- ${hint}`),
    ),
  ].join('\n');
}
