import { app } from '@azure/functions';
import { healthReport, readiness } from '../shared/business/health.ts';
import { application } from './application.ts';
import { httpHandler } from './http.ts';

const noStore = { 'cache-control': 'no-store' };

app.http('health-live', {
  route: 'health/live',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async () => Response.json({ status: 'alive' }, { headers: noStore })),
});

app.http('health-ready', {
  route: 'health/ready',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async () => {
    const state = await readiness(application().health);
    return Response.json(state, { status: state.status === 'ready' ? 200 : 503, headers: noStore });
  }),
});

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: httpHandler(async () => {
    const { showHealthDetail, health } = application();
    const report = await healthReport(health);
    const { status, failed_components } = report;
    return Response.json(showHealthDetail ? report : { status, failed_components }, {
      status: status === 'healthy' ? 200 : 503,
      headers: noStore,
    });
  }),
});
