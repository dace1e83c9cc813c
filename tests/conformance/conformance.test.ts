import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './command.ts';
import { startFixtureServer } from './fixture-server.ts';
import { registerInputRequired } from './fixtures/input-required.ts';
import {
  registerTestPrompts,
  registerTestResources,
  registerTestSubscriptions,
} from './fixtures/resources-and-prompts.ts';
import { registerTestTools } from './fixtures/tools.ts';

const expectedFailures = join(import.meta.dirname, 'expected-failures.yaml');

/** The suite of the MCP project against the product's endpoint; the scenarios want names of their own. */
describe('the conformance suite', () => {
  let server: Awaited<ReturnType<typeof startFixtureServer>>;

  beforeAll(async () => {
    server = await startFixtureServer([
      registerTestTools,
      registerInputRequired,
      registerTestResources,
      registerTestSubscriptions,
      registerTestPrompts,
    ]);
  });
  afterAll(() => server.stop());

  it.each([
    { revision: '2026-07-28', scenarios: 50, args: [] },
    { revision: '2025-11-25', scenarios: 33, args: ['--expected-failures', expectedFailures] },
  ])(
    'passes for $revision',
    async ({ revision, scenarios, args }) => {
      const { exitCode, stdout, stderr } = await run('conformance', [
        ...['server', '--url', server.url, '--requirements', revision],
        ...args,
      ]);
      const [, summary = ''] = stdout.split('=== SUMMARY ===');
      expect(exitCode, `${summary}\n${stderr}`).toBe(0);
      expect(summary.match(/^[✓✗] /gm)).toHaveLength(scenarios);
    },
    120_000,
  );
});
