/**
 * Bundles the program into one file whose parts are evaluated when they are asked for, and the
 * library into chunks. Takes the output directory as its argument.
 *
 * Importing a builtin of Node builds up all of it, `fs.promises` and the streams included:
 * 2 to 4 ms each, where an empty Node takes 20. So builtins become modules that fetch single
 * members, of which the bundler keeps those that are used; `crypto` is not even touched
 * before its first call.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';

/** Dear to load and used as functions only. */
const ON_FIRST_CALL = new Set([
  'node:crypto',
  'node:child_process',
  'node:net',
  'node:timers/promises',
]);

const builtins: Plugin = {
  name: 'builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const members = Object.keys((process.getBuiltinModule(path) as object | undefined) ?? {});
      const lines = members
        .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
        .map((name) =>
          ON_FIRST_CALL.has(path) && /^[a-z]/.test(name)
            ? `export const ${name} = (...args) => load().${name}(...args);`
            : `export const ${name} = /* @__PURE__ */ member('${name}');`,
        );
      return {
        contents: [
          'let loaded;',
          `const load = () => (loaded ??= process.getBuiltinModule('${path}'));`,
          'const member = (name) => load()[name];',
          ...lines,
        ].join('\n'),
      };
    });
  },
};

/** The entry of the program stays apart: what it loads is compiled with the cache it turns on. */
const apart: Plugin = {
  name: 'apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/process\.ts$/ }, () => ({
      path: './process.js',
      external: true,
    }));
  },
};

const common: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['koffi', 'yaml'],
  outbase: 'src',
  outdir: process.argv[2] ?? 'dist',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  logLevel: 'warning',
};

await build({ ...common, plugins: [apart, builtins], entryPoints: ['src/cli/bin.ts'] });
// One file: finding a module costs a third of a millisecond, what of a file is not used nearly
// nothing. Modules inside it are still evaluated when they are asked for.
await build({ ...common, plugins: [builtins], entryPoints: ['src/cli/process.ts'] });
await build({
  ...common,
  plugins: [builtins],
  entryPoints: ['src/index.ts', 'src/runtime/executor-child.ts'],
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
