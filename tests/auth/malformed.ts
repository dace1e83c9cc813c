import fc from 'fast-check';

/** One request that no client should send. */
export type Malformed = Readonly<{
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}>;

const methods = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'resources/read',
  'resources/list',
  'resources/templates/list',
  'prompts/get',
  'completion/complete',
  'server/discover',
  'logging/setLevel',
  'subscriptions/listen',
  'notifications/initialized',
  'notifications/cancelled',
  'tools/drop',
  '',
];
const toolNames = [
  'execute_sales_query',
  'list_tables',
  'get_multiple_table_schemas',
  'get_current_utc_date',
  'drop_everything',
  '__proto__',
  'constructor',
  'toString',
];

const json: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 4 });
const oneOf = (values: readonly string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, fc.string());
const often = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: usual }, json);
/** Any of the keys may be missing, and any value may be of another type. */
const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: [] });

const modernMeta = record({
  'io.modelcontextprotocol/protocolVersion': often(
    oneOf(['2026-07-28', '2025-06-18', '1999-01-01']),
  ),
  'io.modelcontextprotocol/clientCapabilities': often(fc.constant({})),
  progressToken: often(fc.constantFrom('p', 1, -1)),
});

const params = fc.oneof(
  record({
    name: often(oneOf(toolNames)),
    arguments: often(
      record({
        postgresql_query: often(
          oneOf(['select 1', 'select', '\u0000', "select '\ud800'", 'select 1; select 2']),
        ),
        max_rows: often(fc.constantFrom(1, 0, -1, 1e308, 0.5)),
        table_names: often(fc.array(oneOf(['retail.stores', '*', '']))),
        format: often(oneOf(['iso', 'epoch'])),
      }),
    ),
    _meta: often(modernMeta),
  }),
  record({
    uri: often(oneOf(['zava://schema', 'zava://schema/stores', 'zava://%', 'file:///etc/passwd'])),
    _meta: often(modernMeta),
  }),
  record({
    protocolVersion: often(oneOf(['2025-11-25', '2025-06-18', '2024-11-05'])),
    capabilities: often(fc.constant({})),
    clientInfo: often(fc.constant({ name: 'c', version: '1' })),
  }),
  record({
    ref: often(record({ type: oneOf(['ref/resource']), uri: oneOf(['zava://schema/{table}']) })),
    argument: json,
  }),
  json,
);

const message = record({
  jsonrpc: often(fc.constantFrom('2.0', '1.0')),
  id: often(fc.oneof(fc.integer(), fc.string())),
  method: often(oneOf(methods)),
  params,
});

const nested = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"a":'), fc.integer({ min: 1, max: 5_000 }))
  .map(([open, depth]) => open.repeat(depth));

const body = fc.oneof(
  { weight: 8, arbitrary: message.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.array(often(message), { maxLength: 5 }).map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: json.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(message, fc.nat(200))
      .map(([value, length]) => JSON.stringify(value).slice(0, length)),
  },
);

const call = (name: string, args: object) => ({
  method: 'tools/call',
  params: { name, arguments: args },
});
const read = (uri: string) => ({ method: 'resources/read', params: { uri } });

const proper = [
  call('execute_sales_query', { postgresql_query: 'select 1', max_rows: 1 }),
  call('get_multiple_table_schemas', { table_names: ['stores'] }),
  call('get_current_utc_date', { format: 'iso' }),
  call('list_tables', {}),
  read('zava://schema'),
  read('zava://schema/stores'),
  { method: 'tools/list', params: {} },
  { method: 'resources/templates/list', params: { cursor: 'c' } },
  {
    method: 'completion/complete',
    params: {
      ref: { type: 'ref/resource', uri: 'zava://schema/{table}' },
      argument: { name: 'table', value: 's' },
    },
  },
] as const;

/** A proper request of either era, of which one part, at any depth, is something else. */
const nearMiss = fc
  .record({
    from: fc.constantFrom(...proper),
    era: fc.constantFrom('2026-07-28', '2025-06-18'),
    at: fc.nat(),
    instead: fc.oneof(json, fc.constantFrom('', -1, 1e308, '\u0000', "'", '__proto__')),
  })
  .map(({ from, era, at, instead }) => {
    const message = { jsonrpc: '2.0', id: 1, ...structuredClone(from) } as Record<string, unknown>;
    if (era === '2026-07-28') {
      (message.params as Record<string, unknown>)._meta = {
        'io.modelcontextprotocol/protocolVersion': era,
        'io.modelcontextprotocol/clientCapabilities': {},
      };
    }
    const { name, uri } = from.params as { name?: string; uri?: string };
    const subject = name ?? uri;
    const places = placesIn(message);
    const [holder, key] = places[at % places.length] ?? [message, 'params'];
    holder[key] = instead;
    return {
      headers: {
        'mcp-protocol-version': era,
        'mcp-method': from.method,
        ...(subject && { 'mcp-name': subject }),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(message),
    };
  });

type Holder = Record<string, unknown>;

function placesIn(holder: Holder): [Holder, string][] {
  return Object.entries(holder).flatMap(([key, value]) => [
    [holder, key] as [Holder, string],
    ...(typeof value === 'object' && value !== null ? placesIn(value as Holder) : []),
  ]);
}

/** What HTTP allows in a header. */
const text = fc.string({
  unit: fc.constantFrom(...' !"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u00e9'),
  maxLength: 60,
});
const headerOf = (...values: string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, text);

const headers = fc.record(
  {
    'content-type': headerOf(
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/json, text/html',
    ),
    accept: headerOf('application/json, text/event-stream', 'application/json', '*/*', 'text/html'),
    'mcp-protocol-version': headerOf(
      '2026-07-28',
      '2025-11-25',
      '2025-06-18',
      '2024-11-05',
      '9999-99-99',
    ),
    'mcp-method': headerOf(...methods.filter((name) => name !== '')),
    'mcp-name': headerOf(...toolNames),
    'mcp-session-id': text,
    'last-event-id': text,
    'x-rls-user-id': headerOf(
      'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      '00000000-0000-0000-0000-000000000000',
    ),
    authorization: headerOf(
      'Bearer',
      'Bearer x.y.z',
      'Bearer eyJhbGciOiJub25lIn0.e30.',
      'Basic Og==',
    ),
    origin: headerOf('http://localhost', 'null', 'https://evil.example'),
    host: headerOf('localhost', '127.0.0.1:80', 'evil.example', '[::1'),
    traceparent: headerOf('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'ff-'),
    'x-forwarded-host': text,
    'content-encoding': headerOf('gzip', 'identity'),
  },
  { requiredKeys: [] },
);

/** Mostly what gets as far as the protocol, so that its depths are reached as well as its surface. */
const plausibleHeaders = headers.map(
  ({
    host: _host,
    origin: _origin,
    authorization: _authorization,
    'x-rls-user-id': _user,
    ...rest
  }) => ({
    ...rest,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }),
);

/** A request with a valid token but a malformed message, or one that is wrong anywhere. */
export const malformedRequests = (token: string): fc.Arbitrary<Malformed> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: nearMiss.map(({ headers, body }) => ({
        method: 'POST',
        path: '/mcp',
        headers: { ...headers, authorization: `Bearer ${token}` },
        body,
      })),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        method: fc.constant('POST'),
        path: fc.constant('/mcp'),
        headers: plausibleHeaders.map((some) => ({ ...some, authorization: `Bearer ${token}` })),
        body,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        method: fc.constantFrom(
          'POST',
          'GET',
          'PUT',
          'DELETE',
          'PATCH',
          'HEAD',
          'OPTIONS',
          'TRACE',
        ),
        path: fc.oneof(
          fc.constantFrom(
            '/mcp',
            '/mcp/',
            '/MCP',
            '/mcp?access_token=x',
            '/health',
            '/health/ready',
            '/%',
            '/mcp/%2e%2e/admin',
            '/.well-known/oauth-protected-resource',
            '/.well-known/oauth-protected-resource/%00',
          ),
          fc.webPath(),
        ),
        headers: fc
          .tuple(headers, fc.boolean())
          .map(([some, known]) => (known ? { ...some, authorization: `Bearer ${token}` } : some)),
        body,
      }),
    },
  );

/** Bytes that are hardly HTTP. */
export const malformedBytes: fc.Arbitrary<string> = fc
  .record({
    line: fc.oneof(
      fc.constantFrom(
        'POST /mcp HTTP/1.1',
        'POST /mcp HTTP/9.9',
        'POST  HTTP/1.1',
        'post /mcp',
        'GET http://evil.example/mcp HTTP/1.1',
        'CONNECT evil.example:443 HTTP/1.1',
        'POST * HTTP/1.1',
        'PRI * HTTP/2.0',
        '',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
    ),
    fields: fc.array(
      fc.oneof(
        fc.constantFrom(
          'Host: localhost',
          'Host: localhost\r\nHost: evil.example',
          'Content-Length: 5',
          'Content-Length: -1',
          'Content-Length: 5\r\nContent-Length: 6',
          'Transfer-Encoding: chunked',
          'Transfer-Encoding: chunked\r\nContent-Length: 3',
          'Transfer-Encoding: gzip, chunked',
          'Expect: 100-continue',
          'Upgrade: websocket\r\nConnection: upgrade',
          'Content-Type: application/json',
          ' folded',
          ': no name',
          'No colon',
          `X-Long: ${'x'.repeat(20_000)}`,
        ),
        fc.string({ unit: 'binary', maxLength: 40 }),
      ),
      { maxLength: 5 },
    ),
    rest: fc.oneof(
      fc.constantFrom(
        'hello',
        '5\r\nhello\r\n0\r\n\r\n',
        'ffffffffffffffff\r\n',
        '0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n',
        '',
      ),
      fc.string({ unit: 'binary', maxLength: 100 }),
    ),
  })
  .map(({ line, fields, rest }) => `${[line, ...fields].join('\r\n')}\r\n\r\n${rest}`);
