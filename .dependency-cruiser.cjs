// The house rule: calls go down only (functions → protocol → business → data → infrastructure).
const layers = [
  'functions',
  'shared/protocol',
  'shared/business',
  'shared/data',
  'shared/infrastructure',
];

const noCallsUp = layers.slice(1).map((layer, index) => ({
  name: `${layer.replace('/', '-')}-calls-down-only`,
  severity: 'error',
  from: { path: `^${layer}/` },
  to: { path: layers.slice(0, index + 1).map((above) => `^${above}/`) },
}));

const onlyIn = (name, packages, allowed) => ({
  name,
  severity: 'error',
  from: { path: '^(functions|shared)/', pathNot: allowed },
  to: { path: `node_modules/(${packages})(/|$)` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...noCallsUp,
    {
      name: 'product-code-knows-neither-local-nor-tests',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { path: '^(local|tests)/' },
    },
    {
      name: 'local-does-not-know-tests',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^tests/' },
    },
    onlyIn('azure-functions-only-in-functions', '@azure/functions', '^functions/'),
    onlyIn('mcp-only-in-protocol', '@modelcontextprotocol', '^shared/protocol/'),
    onlyIn('postgres-only-in-data', 'pg|@types/pg|libpg-query|postgrator', '^shared/data/'),
    {
      name: 'no-dev-dependency-in-product-code',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
