import type { Measure } from './bench.ts';

export type Finding = Measure & Readonly<{ ratio?: number; met?: boolean }>;

export function judge(measure: Measure): Finding {
  const { ours, beside, target } = measure;
  const ratio = beside === undefined ? undefined : ours / beside;
  const held = target?.of === 'ratio' ? ratio : ours;
  return {
    ...measure,
    ...(ratio !== undefined && { ratio }),
    ...(target &&
      held !== undefined && {
        met: 'most' in target ? held <= target.most : held >= target.least,
      }),
  };
}

/** The findings of a bench as lines of a table, numbers to the right. */
export function table(title: string, findings: readonly Finding[]): string {
  const head = ['', 'ours', 'beside', 'ratio', 'target'];
  const lines = findings.map((finding) => {
    const { measure, unit, ours, beside, ratio } = finding;
    return [`${measure} (${unit})`, plain(ours), plain(beside), plain(ratio), targetText(finding)];
  });
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const row = (line: readonly string[]) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === 4 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [title, row(head), ...lines.map(row)].join('\n');
}

function targetText({ target, met, unit }: Finding): string {
  if (!target) return '';
  const bound = 'most' in target ? `≤ ${plain(target.most)}` : `≥ ${plain(target.least)}`;
  return `${met ? '✓' : '✗'} ${target.of === 'ratio' ? 'ratio ' : ''}${bound}${target.of === 'ours' ? ` ${unit}` : ''}`;
}

/** Three digits are as many as a run on a shared machine knows. */
function plain(value: number | undefined): string {
  if (value === undefined) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ',');
}
