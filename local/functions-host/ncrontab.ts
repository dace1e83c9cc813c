import { Cron } from 'croner';

/**
 * Reads a timer's schedule as Azure does: `%SETTING%` from the environment, then six fields in UTC.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export function parseSchedule(functionName: string, configured: string) {
  const schedule = configured.replace(/%([^%]+)%/g, (_, setting: string) => {
    const value = process.env[setting];
    if (value !== undefined) return value;
    throw new Error(
      `Function "${functionName}": its schedule is the setting ${setting}, which is not set. Set it in the environment or in local.settings.json.`,
    );
  });
  try {
    return { schedule, cron: parseFields(schedule.trim().split(/\s+/)) };
  } catch (error) {
    throw new Error(
      `Function "${functionName}": schedule "${schedule}" is not six NCRONTAB fields (second minute hour day month day-of-week): ${(error as Error).message}.`,
      { cause: error },
    );
  }
}

const value = '(?:\\d+|[a-z]{3})';
const part = `(?:\\*|${value}(?:-${value})?)(?:/\\d+)?`;
const fieldPattern = new RegExp(`^${part}(?:,${part})*$`, 'i');
const fieldMaximum = [59, 59, 23, 31, 12, 6];

/**
 * In NCRONTAB the days of month and of week must both match, Sunday is 0 only, and `5/15` is
 * `5-59/15`. What croner has beyond it (L, W, #, ?, nicknames) Azure refuses, and so do we.
 */
function parseFields(fields: string[]): Cron {
  if (fields.length !== 6) throw new Error(`it has ${fields.length} fields`);
  const odd = fields.find((field) => !fieldPattern.test(field));
  if (odd !== undefined) throw new Error(`"${odd}" is not a field`);
  if (/(?<![\d/])7/.test(fields[5] ?? '')) throw new Error('Sunday is 0, not 7');
  const pattern = fields.map((field, index) =>
    field.replace(/(?<=^|,)(\d+)(?=\/)/g, `$1-${fieldMaximum[index]}`),
  );
  const cron = new Cron(pattern.join(' '), { timezone: 'UTC', mode: '6-part', domAndDow: true });
  if (!cron.nextRun()) throw new Error('it never comes');
  return cron;
}
