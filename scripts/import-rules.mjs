// The import rules of .dependency-cruiser.cjs, checked by dependency-cruiser. Its SWC reader asks for TypeScript
// without JSX whatever the file; here a .tsx file is read as what it is.
// Usage: node scripts/import-rules.mjs <folders and options of depcruise>
import swc from '@swc/core';

const parseFileSync = swc.parseFileSync.bind(swc);
swc.parseFileSync = /** @type {typeof swc.parseFileSync} */ (
  (/** @type {string} */ file, /** @type {import('@swc/core').TsParserConfig} */ options) =>
    parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') })
);

await import(new URL('../node_modules/dependency-cruiser/bin/dependency-cruise.mjs', import.meta.url).href);
