import { startFunctionsHost } from '../../local/functions-host/index.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';

// The built app in the local host, in a process of its own that tells its parent what it uses.
const host = await startFunctionsHost({ root: applicationRoot(), port: 0, log: () => {} });
process.on('message', (message) => {
  if (message === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() });
  } else {
    void host.stop().then(() => process.exit(0));
  }
});
process.on('disconnect', () => process.exit(1));
process.send?.({ url: host.url });
