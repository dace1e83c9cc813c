import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './command.ts';
import { startFixtureServer } from './fixture-server.ts';

/** The MCP Inspector's command line, against what the product offers and nothing else. */
describe.each(['modern', 'legacy'])('the Inspector in the %s era', (era) => {
  let server: Awaited<ReturnType<typeof startFixtureServer>>;
  let home: string;

  beforeAll(async () => {
    server = await startFixtureServer([]);
    home = await mkdtemp(join(tmpdir(), 'inspector-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(home, { recursive: true });
  });

  const inspect = (method: string, ...args: string[]) =>
    run(
      'inspector',
      [
        ...['--cli', server.url, '--transport', 'http', '--protocol-era', era],
        ...['--method', method, ...args],
      ],
      { HOME: home, USERPROFILE: home },
    );

  it('finds no fault in the schema of a tool', async () => {
    const { exitCode, stdout, stderr } = await inspect('tools/list', '--strict');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const { tools } = JSON.parse(stdout) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toContain('execute_sales_query');
  });

  it('calls a tool', async () => {
    const args = ['--tool-name', 'get_current_utc_date', '--tool-args-json', '{}'];
    const { exitCode, stdout, stderr } = await inspect('tools/call', ...args);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout).structuredContent).toEqual({
      utc: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      format: 'iso',
    });
  });
});
