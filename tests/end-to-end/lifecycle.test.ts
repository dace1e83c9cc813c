import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import { modern } from './requests.ts';
import { localStateFolder, startServer } from './server.ts';

const states: Awaited<ReturnType<typeof localStateFolder>>[] = [];

async function freshState(): Promise<string> {
  const state = await localStateFolder();
  states.push(state);
  return state.path;
}

afterAll(async () => {
  for (const state of states) await state.remove();
});

async function transactionsOf(url: string): Promise<number> {
  const { json } = await modern(url, 'tools/call', {
    name: 'execute_sales_query',
    arguments: { postgresql_query: 'select count(*) from retail.sales_transactions' },
  });
  return json.result.structuredContent.rows[0][0];
}

it('keeps its data over a stop, a kill and a restart, and refuses a second start', async () => {
  const state = await freshState();

  const first = await startServer(state);
  const transactions = await transactionsOf(first.url);
  expect(transactions).toBeGreaterThan(0);
  await expect(startServer(state)).rejects.toThrow(/in use/);
  expect(await transactionsOf(first.url)).toBe(transactions);
  expect(await first.stop('SIGINT')).toBe(0);

  const second = await startServer(state);
  expect(await transactionsOf(second.url)).toBe(transactions);
  const exited = once(second.process, 'exit');
  second.process.kill('SIGKILL');
  await exited;

  const third = await startServer(state);
  expect(await transactionsOf(third.url)).toBe(transactions);
  expect(await third.stop('SIGTERM')).toBe(0);
}, 300_000);

it.each([
  [['--port', '99999'], /--port must be/],
  [['--size', 'huge'], /--size must be/],
  [['--nonsense'], /--nonsense/],
])('refuses %s and starts nothing', async (args, message) => {
  await expect(startServer(await freshState(), { args })).rejects.toThrow(message);
});

it('refuses to answer without tokens where the environment is Azure', async () => {
  const env = { WEBSITE_SITE_NAME: 'retail' };
  await expect(startServer(await freshState(), { env })).rejects.toThrow(/WEBSITE_SITE_NAME/);
});

it('refuses a port that is taken', async () => {
  const holder = await startServer(await freshState());
  const { port } = new URL(holder.url);
  await expect(startServer(await freshState(), { args: ['--port', port] })).rejects.toThrow(
    new RegExp(`${port}.*in use`, 'i'),
  );
  await holder.stop();
}, 300_000);
