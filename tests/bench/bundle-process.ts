import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  createFunctionsCore,
  provideFunctionsCore,
} from '../../local/functions-host/functions-core.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';

// Loads the bundle as Azure's worker does, and tells the parent how many milliseconds it took.
const root = applicationRoot();
const core = createFunctionsCore(() => {});
provideFunctionsCore(root, core.module);
const require = createRequire(join(root, 'package.json'));
const start = performance.now();
require('./dist/main.cjs');
process.send?.(performance.now() - start, () => process.exit());
