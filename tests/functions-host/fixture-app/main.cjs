// An app for the tests of the host. It tells what happens inside it by `fixtureEvents`, and
// waits, where it waits, for the test to call POST /release.
const { app } = require('@azure/functions');

globalThis.fixtureEvents ??= [];
const events = globalThis.fixtureEvents;
let waiting = [];
const released = () => new Promise((resolve) => waiting.push(resolve));

app.setup({ enableHttpStream: process.env.FIXTURE_HTTP_STREAM !== 'off' });

const hookedIds = [];
app.hook.appStart((context) => {
  events.push('appStart');
  context.hookData.startedBy = 'appStart';
});
app.hook.appTerminate(async (context) => {
  events.push(`appTerminate after ${context.hookData.startedBy}`);
  if (process.env.FIXTURE_TERMINATE === 'release') release();
  if (process.env.FIXTURE_TERMINATE === 'throw') throw new Error('no good end');
});
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  const handler = context.functionHandler;
  context.functionHandler = async (...args) => ({
    body: `wrapped ${(await handler(...args)).body}`,
  });
  context.hookData.id = context.invocationContext.invocationId;
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  hookedIds.push(context.hookData.id);
  context.result.headers = { 'x-hooked': String(context.hookData.id === hookedIds.at(-1)) };
});

function release() {
  for (const resolve of waiting) resolve();
  waiting = [];
}

app.http('release', {
  methods: ['POST'],
  handler: () => {
    release();
    return { status: 204 };
  },
});

app.http('echo', {
  methods: ['POST', 'PUT'],
  handler: async (request) => ({
    status: 201,
    headers: { 'content-type': request.headers.get('content-type') ?? 'text/plain' },
    body: await request.arrayBuffer(),
  }),
});

app.http('inspect', {
  methods: ['GET', 'HEAD', 'OPTIONS'],
  route: 'inspect/{id}/{*rest}',
  handler: (request, context) => {
    context.log('inspecting', request.params.id);
    return {
      headers: { 'x-method': request.method },
      cookies: [{ name: 'crumb', value: 'a b', path: '/', httpOnly: true, sameSite: 'Strict' }],
      jsonBody: {
        url: request.url,
        params: request.params,
        query: [...request.query],
        headers: Object.fromEntries(request.headers),
        trace: context.traceContext.traceParent,
      },
    };
  },
});

app.http('optional', {
  route: 'stores/{id?}',
  handler: (request) => ({ jsonBody: request.params }),
});
app.http('hooked', { handler: () => ({ body: 'answer' }) });
app.http('nothing', { handler: () => undefined });
app.http('throws', {
  handler: () => {
    throw new Error('a secret of the developer');
  },
});
app.http('waits', {
  handler: async () => {
    events.push('waits');
    await released();
    return { body: 'released' };
  },
});
app.http('download', {
  handler: () => ({
    body: new ReadableStream({
      async start(controller) {
        controller.enqueue('first ');
        await released();
        controller.enqueue('second');
        controller.close();
      },
    }),
  }),
});
app.http('breaks', {
  handler: () => ({
    body: new ReadableStream({
      async start(controller) {
        controller.enqueue('first ');
        await released();
        controller.error(new Error('broken in the middle'));
      },
    }),
  }),
});
app.http('endless', {
  handler: () => ({
    body: new ReadableStream({
      start: (controller) => controller.enqueue('first '),
      cancel: (reason) => events.push(`cancelled: ${reason.message}`),
    }),
  }),
});
app.http('upload', { methods: ['POST'], handler: (request) => ({ body: request.body }) });
app.http('drops', {
  methods: ['POST'],
  handler: async (request) => {
    try {
      await request.text();
    } catch (error) {
      events.push(`upload ended: ${error.code}`);
    }
    return { status: 400 };
  },
});

app.timer('tick', {
  schedule: '%FIXTURE_SCHEDULE%',
  runOnStartup: process.env.FIXTURE_RUN_ON_STARTUP === 'yes',
  handler: async (timer) => {
    events.push(timer);
    if (process.env.FIXTURE_TIMER === 'waits') await released();
    events.push('tick done');
  },
});
app.timer('broken', {
  schedule: '0 0 0 1 1 *',
  handler: () => {
    throw new Error('the timer broke');
  },
});
