// The house rules of imports (docs/architecture.md): arrows point down, never up or sideways.
// The seal object (seals/ses) is pure: bytes in, verdicts out. The token host judges by it, so it lies with the services.
const useCases = '^src/main/(renewal|unlock|seals(?!/ses)|documents|orders)/';
// Tests may reach for what they test with; test-driver/ is such a helper of theirs.
const testCode = '(\\.test\\.tsx?$|/test-driver/)';
const services = '^src/main/(pkcs11|certificates|authority|audit|store|seals/ses)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'electron-only-in-app',
      comment: 'everything outside app/ runs in plain Node too',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/app/' },
      to: { path: '^(electron$|node_modules/electron/)' },
    },
    {
      name: 'renderer-imports-shared-only',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^(src/main|softhsm-fixtures|native)/' },
    },
    {
      name: 'pin-page-stands-alone',
      comment: 'the PIN window is its own tiny page: none of the code that renders documents',
      severity: 'error',
      from: { path: '^src/renderer/pin/' },
      to: { path: '^src/renderer/(?!pin/|look/)' },
    },
    {
      name: 'shared-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^(src/(main|renderer)|softhsm-fixtures)/' },
    },
    {
      name: 'shared-is-neutral',
      comment: 'src/shared runs in windows too: no Node built-ins',
      severity: 'error',
      from: { path: '^src/shared/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'services-do-not-look-up',
      severity: 'error',
      from: { path: services, pathNot: testCode },
      to: { path: '^src/main/(app|cli|renewal|unlock|seals(?!/ses)|documents|orders)/' },
    },
    {
      name: 'use-cases-do-not-look-up',
      severity: 'error',
      from: { path: useCases },
      to: { path: '^src/main/(app|cli)/' },
    },
    {
      name: 'shared-cores-do-not-look-up',
      comment:
        'the environment check and the list of certificates are one core under window and command line',
      severity: 'error',
      from: { path: '^src/main/(doctor|holdings)/', pathNot: testCode },
      to: { path: '^src/main/(app|cli)/' },
    },
    {
      name: 'one-public-face',
      comment: 'a folder of src/main is entered by its index.ts (or, for a process, by its .host.ts)',
      severity: 'error',
      from: { path: '^src/main/([^/]+)/', pathNot: testCode },
      to: {
        path: '^src/main/([^/]+)/',
        pathNot: ['^src/main/$1/', '^src/main/[^/]+/index\\.ts$', '^src/main/seals/ses/index\\.ts$'],
      },
    },
    {
      name: 'no-fixtures-in-the-product',
      comment: 'the practice world is loaded by name at run time and is absent from packaged builds',
      severity: 'error',
      from: { path: '^src/', pathNot: testCode },
      to: { path: '^(softhsm-fixtures|e2e|bench|scripts)/' },
    },
    {
      name: 'no-dev-dependencies-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: testCode },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/(electron|@types)/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist|node_modules/\\.cache)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
