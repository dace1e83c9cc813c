import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localStateFolder, type RunningServer, startServer } from '../end-to-end/server.ts';
import { runScript } from '../support/command.ts';
import { bearer, eras, storesSeen } from './questions.ts';

let state: Awaited<ReturnType<typeof localStateFolder>>;
let server: RunningServer;

beforeAll(async () => {
  state = await localStateFolder();
  server = await startServer(state.path, { args: ['--auth'] });
});
afterAll(async () => {
  await server?.stop();
  await state?.remove();
});

const run = (script: string, ...args: string[]) =>
  runScript(script, args, { LOCAL_STATE: state.path });
const tokenFor = async (...args: string[]) => bearer((await run('token', ...args)).output);

const storesOf = async (headers: Record<string, string>) => {
  const { status, json } = await eras['2026-07-28'](
    server.url,
    'tools/call',
    {
      name: 'execute_sales_query',
      arguments: { postgresql_query: 'select store_id from retail.stores order by 1' },
    },
    headers,
  );
  return status === 200 ? json.result.structuredContent.rows.flat() : status;
};

describe('npm start -- --auth', () => {
  it('asks for a token, and says where to get one', async () => {
    expect(await storesOf({})).toBe(401);
    expect(server.output()).toContain('npm run --silent token');
  });

  it('answers one of this machine, from its role and stores alone', async () => {
    expect(await storesOf(await tokenFor('--role', 'store_manager', '--store', 'seattle'))).toEqual(
      ['seattle'],
    );
    expect(
      await storesOf(await tokenFor('--role', 'regional_manager', '--store', 'seattle,tacoma')),
    ).toEqual(['seattle', 'tacoma']);
  });

  it('asks for the scope that a token lacks', async () => {
    const headers = await tokenFor('--role', 'headquarters', '--scope', 'retail.read');
    expect(await storesSeen(server.url, headers)).toBe(403);
  });

  it('keeps its key from other users of the machine', async () => {
    expect((await stat(join(state.path, 'issuer-key.json'))).mode & 0o777).toBe(0o600);
  });

  it('lets stores be opened while it runs, and after it', async () => {
    const add = (store: string) =>
      run('stores', 'add', '--store', store, '--name', 'Zava', '--region', 'north');
    expect((await add('portland')).code).toBe(0);
    const north = await tokenFor('--role', 'headquarters');
    expect(await storesOf(north)).toContain('portland');
    await server.stop();
    expect((await add('salem')).code).toBe(0);
    server = await startServer(state.path, { args: ['--auth'] });
    expect(await storesOf(north)).toEqual(expect.arrayContaining(['portland', 'salem']));
  });
});

describe('npm run token', () => {
  it.each([
    [[], /--role/],
    [['--role', 'chief'], /--role/],
    [['--role', 'store_manager'], /--store/],
    [['--role', 'headquarters', '--store', 'seattle'], /--store/],
    [['--role', 'headquarters', '--scope', 'retail.everything'], /--scope/],
    [['--role', 'headquarters', '--ttl', 'long'], /--ttl/],
    [['--role', 'headquarters', '--ttl', '2d'], /--ttl/],
    [['--nonsense'], /--nonsense/],
  ])('refuses %s and prints no token', async (args, message) => {
    const { code, output, errors } = await run('token', ...args);
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(message);
  });

  it('says how it is used', async () => {
    expect((await run('token', '--help')).output).toContain('--role');
  });
});
