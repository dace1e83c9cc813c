import { defineConfig } from 'vitest/config';

const databaseTests = 'tests/database/**/*.test.ts';
const nativeTests = 'tests/database/native/**';
const endToEndTests = 'tests/end-to-end/**/*.test.ts';

// Every database test runs on the embedded engine, and again on a PostgreSQL server where
// TEST_DATABASE_URL names one (a superuser's connection string, of a server for tests alone); there
// also those of tests/database/native, which need what the embedded engine has not.
const native = process.env.TEST_DATABASE_URL
  ? {
      include: [databaseTests],
      globalSetup: 'tests/support/native-template.ts',
    }
  : { include: ['tests/support/no-native-server.test.ts'] };

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['tests/**/*.test.ts'],
          exclude: [databaseTests, endToEndTests, 'tests/support/**'],
          globalSetup: 'tests/support/embedded-template.ts',
          provide: { engine: 'embedded' },
        },
      },
      {
        extends: true,
        test: {
          name: 'embedded',
          include: [databaseTests],
          exclude: [nativeTests],
          globalSetup: 'tests/support/embedded-template.ts',
          provide: { engine: 'embedded' },
        },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: [endToEndTests],
          globalSetup: 'tests/end-to-end/global-setup.ts',
          // After the others: they start servers, which need the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'native', ...native, provide: { engine: 'native' } },
      },
    ],
  },
});
