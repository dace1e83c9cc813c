import { z } from 'zod';
import { defineTool } from '../tool.ts';

const formats = {
  iso: (now: Date) => now.toISOString(),
  epoch: (now: Date) => String(Math.floor(now.getTime() / 1000)),
  date_only: (now: Date) => now.toISOString().slice(0, 10),
};

export const getCurrentUtcDate = defineTool({
  name: 'get_current_utc_date',
  title: 'Current date and time (UTC)',
  description:
    'The current date and time in UTC. Call it before a question about today, yesterday, this month or any period that is relative to now.',
  scope: 'retail.read',
  input: z.object({
    format: z
      .enum(['iso', 'epoch', 'date_only'])
      .default('iso')
      .describe('iso: 2026-01-31T09:30:00.000Z; epoch: seconds since 1970; date_only: 2026-01-31'),
  }),
  output: z.object({
    utc: z.string().describe('Now, in the format that was asked for'),
    format: z.enum(['iso', 'epoch', 'date_only']),
  }),
  annotations: { readOnlyHint: true, idempotentHint: false, openWorldHint: false },
  async run({ format }) {
    return { utc: formats[format](new Date()), format };
  },
});
