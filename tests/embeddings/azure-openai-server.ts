import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';

/** What the server saw of one request. */
export type SeenRequest = {
  path: string;
  apiVersion: string | null;
  apiKey: string | undefined;
  authorization: string | undefined;
  dimensions: number | undefined;
  inputs: string[];
};

/** Answers in place of the service; `answer` is the service's own way. */
export type Behaviour = (response: ServerResponse, answer: () => void) => void;

export type AzureOpenAiServer = {
  endpoint: string;
  requests: SeenRequest[];
  /** The next requests get these, one each, before the service behaves again. */
  behave(...behaviours: Behaviour[]): void;
  /** For gateways that ignore `encoding_format`. */
  alwaysFloats(): void;
  stop(): Promise<void>;
};

export const deployment = 'text-embedding-3-small';
export const apiVersion = '2024-10-21';
export const apiKey = 'a-key-of-the-test';

const limits = { inputs: 2_048, tokens: 300_000, tokensOfAnInput: 8_192 };
const asText = { disallowedSpecial: new Set<string>() };

/**
 * The embeddings operation of Azure OpenAI as its REST reference and its answers have it:
 * https://learn.microsoft.com/azure/ai-foundry/openai/reference#embeddings
 */
export async function startAzureOpenAiServer(
  options: { bearerToken?: string } = {},
): Promise<AzureOpenAiServer> {
  const requests: SeenRequest[] = [];
  const behaviours: Behaviour[] = [];
  let floatsOnly = false;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const body = JSON.parse(await readText(request));
    requests.push(seen(url, request, body));
    const answer = () => {
      const [status, content] = respond(url, request, body, floatsOnly, options.bearerToken);
      sendJson(response, status, content);
    };
    const behaviour = behaviours.shift();
    if (behaviour) behaviour(response, answer);
    else answer();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    behave: (...next) => behaviours.push(...next),
    alwaysFloats() {
      floatsOnly = true;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((stopped) => server.close(stopped));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export const fail =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, status, { error: { code: `${status}`, message: 'secret detail' } });
  };

/** Throttles for this long, whoever asks, and counts who comes back too early. */
export function throttle(ms: number, headers: (until: number) => Record<string, string>) {
  const until = Date.now() + ms;
  const seen = { tooEarly: -1 };
  const behaviour: Behaviour = (response, answer) => {
    if (Date.now() >= until) return answer();
    seen.tooEarly += 1;
    fail(429, headers(until))(response, answer);
  };
  return { seen, behaviour };
}

export const hang: Behaviour = () => {};

export const reset: Behaviour = (response) => response.socket?.resetAndDestroy();

export const truncate: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '90000' });
  response.write('{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAA');
  setImmediate(() => response.socket?.destroy());
};

function seen(url: URL, request: IncomingMessage, body: { input: string[]; dimensions?: number }) {
  return {
    path: url.pathname,
    apiVersion: url.searchParams.get('api-version'),
    apiKey: request.headers['api-key']?.toString(),
    authorization: request.headers.authorization,
    dimensions: body.dimensions,
    inputs: body.input,
  };
}

type Body = { input: string[]; dimensions?: number; encoding_format?: string };

function respond(
  url: URL,
  request: IncomingMessage,
  body: Body,
  floatsOnly: boolean,
  bearerToken: string | undefined,
): [status: number, content: unknown] {
  const trusted = bearerToken
    ? request.headers.authorization === `Bearer ${bearerToken}`
    : request.headers['api-key'] === apiKey;
  if (!trusted) return [401, azureError('401', 'Access denied due to invalid subscription key.')];
  if (url.searchParams.get('api-version') !== apiVersion) {
    return [404, azureError('404', 'Resource not found')];
  }
  if (url.pathname !== `/openai/deployments/${deployment}/embeddings`) {
    return [404, azureError('DeploymentNotFound', 'The API deployment does not exist.')];
  }
  const tokens = body.input.map((input) => countTokens(input, asText));
  const total = tokens.reduce((sum, count) => sum + count, 0);
  const tooMuch =
    body.input.length > limits.inputs ||
    total > limits.tokens ||
    tokens.some((count) => count > limits.tokensOfAnInput);
  if (tooMuch || body.input.some((input) => input === '')) {
    return [400, azureError('400', "This model's maximum context length is 8192 tokens.")];
  }
  const floats = floatsOnly || body.encoding_format !== 'base64';
  const data = body.input.map((input, index) => {
    const vector = vectorOf(input);
    const base64 = Buffer.from(vector.buffer).toString('base64');
    return { object: 'embedding', index, embedding: floats ? [...vector] : base64 };
  });
  return [
    200,
    // The order of the reply is not promised, only the index.
    {
      object: 'list',
      model: deployment,
      data: data.reverse(),
      usage: { prompt_tokens: total, total_tokens: total },
    },
  ];
}

function azureError(code: string, message: string) {
  return { error: { code, message } };
}

/** A unit vector that is the text's own. */
export function vectorOf(input: string): Float32Array {
  const seed = createHash('sha256').update(input).digest();
  const numbers = Array.from({ length: 1_536 }, (_, at) => (seed[at % 32] ?? 0) + at / 1_536 - 128);
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / length);
}
