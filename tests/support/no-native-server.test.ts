import { test } from 'vitest';

test.skip('database tests on a native PostgreSQL: skipped, TEST_DATABASE_URL is not set', () => {});
