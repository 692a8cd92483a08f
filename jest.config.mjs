/** Tests meet real processes and servers: one file may take seconds, all of them under three minutes on two cores. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/actions', '<rootDir>/e2e', '<rootDir>/scripts', '<rootDir>/demo'],
  testMatch: ['**/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest/transform.mjs' },
  // As in the bundle (scripts/build.ts): of @kubernetes/client-node the kubeconfig alone, not a thousand generated classes.
  moduleNameMapper: { '^\\./gen/index\\.js$': '<rootDir>/scripts/bundle/no-generated-api.js' },
  globalSetup: '<rootDir>/scripts/jest/open-temp.mjs',
  globalTeardown: '<rootDir>/scripts/jest/remove-temp.mjs',
  clearMocks: true,
  // On two cores as well: half of a file's time is waiting for servers and processes, not work.
  maxWorkers: 4,
  testTimeout: 60_000,
};
