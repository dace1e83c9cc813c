import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { type FunctionsHost, startFunctionsHost } from '../../local/functions-host/index.ts';

export const fixtureRoot = fileURLToPath(new URL('fixture-app', import.meta.url));

/** What the fixture app tells about itself. */
export function fixtureEvents(): unknown[] {
  const shared = globalThis as { fixtureEvents?: unknown[] };
  shared.fixtureEvents ??= [];
  return shared.fixtureEvents;
}

export type Fixture = FunctionsHost & { lines: string[]; events: unknown[] };

/** Starts the fixture app with these settings, and stops it when the test (file) ends. */
export async function startFixture(
  settings: Record<string, string | undefined> = {},
  { root = fixtureRoot, onEnd = onTestFinished as (stop: () => Promise<void>) => void } = {},
): Promise<Fixture> {
  vi.stubEnv('FIXTURE_SCHEDULE', '0 0 0 1 1 *');
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  const lines: string[] = [];
  const events = fixtureEvents();
  events.length = 0;
  try {
    const host = await startFunctionsHost({ root, port: 0, log: (line) => lines.push(line) });
    onEnd(() => host.stop());
    return { ...host, lines, events };
  } finally {
    vi.unstubAllEnvs();
  }
}

/** A folder of its own for these files; its package.json names the fixture app unless it is given. */
export function appFolder(files: Record<string, string | object>): string {
  const root = mkdtempSync(join(tmpdir(), 'functions-host-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const main = relative(root, join(fixtureRoot, 'main.cjs'));
  for (const [name, content] of Object.entries({ 'package.json': { main }, ...files })) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(root, name), text);
  }
  return root;
}

/** A request whose body the test writes itself, and its answer once that begins. */
export function open(url: string, options: RequestOptions = {}) {
  const outgoing: ClientRequest = request(url, { method: 'POST', agent: false, ...options });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  // A test that ends the connection itself does not wait for the answer.
  answer.catch(() => {});
  return { outgoing, answer };
}

/** The next piece of an answer, as text. */
export async function nextChunk(answer: IncomingMessage): Promise<string> {
  const chunk: Buffer = await new Promise((resolve, reject) => {
    answer.once('data', (data) => {
      answer.pause();
      resolve(data);
    });
    answer.once('error', reject);
    answer.resume();
  });
  return chunk.toString();
}
