/**
 * Bundles the program: one file a door, shared chunks, commands loaded when they are asked
 * for. Takes the output directory as its argument.
 *
 * Importing a builtin of Node builds up all of it, `fs.promises` and the streams included:
 * 2 to 4 ms each, where an empty Node takes 20. So builtins become modules that fetch single
 * members, of which the bundler keeps those that are used; `crypto` is not even touched
 * before its first call.
 */
import { build, type Plugin } from 'esbuild';

/** Dear to load and used as functions only. */
const ON_FIRST_CALL = new Set(['node:crypto']);

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

await build({
  entryPoints: ['src/cli/bin.ts', 'src/index.ts', 'src/runtime/executor-child.ts'],
  plugins: [builtins],
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['koffi'],
  outbase: 'src',
  outdir: process.argv[2] ?? 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  logLevel: 'warning',
});
