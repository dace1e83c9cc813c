import { app } from '@azure/functions';
import { healthReport, readiness } from '../shared/business/health.ts';
import { application } from './application.ts';
import { httpHandler } from './http.ts';

app.http('health-live', {
  route: 'health/live',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async () => Response.json({ status: 'alive' })),
});

app.http('health-ready', {
  route: 'health/ready',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async () => {
    const state = await readiness(application().health);
    return Response.json(state, { status: state.status === 'ready' ? 200 : 503 });
  }),
});

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async (request) => {
    const { maySeeHealthDetail, health } = application();
    const report = await healthReport(health);
    const { status, failed_components } = report;
    const detailed = await maySeeHealthDetail(request).catch(() => false);
    return Response.json(detailed ? report : { status, failed_components }, {
      status: status === 'healthy' ? 200 : 503,
    });
  }),
});
