/**
 * Bundles the program into one file whose parts are evaluated when they are asked for, and the
 * library into chunks. Takes the output directory as its argument.
 *
 * Importing a builtin of Node builds up all of it, `fs.promises` and the streams included:
 * 2 to 4 ms each, where an empty Node takes 20. So builtins become modules that fetch single
 * members, of which the bundler keeps those that are used; `crypto` is not even touched
 * before its first call.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { buildPage } from './page.ts';

/** Dear to load and used as functions only. */
const ON_FIRST_CALL = new Set([
  'node:crypto',
  'node:child_process',
  'node:net',
  'node:timers/promises',
  'node:util',
]);

const builtins: Plugin = {
  name: 'builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const module = (process.getBuiltinModule(path) ?? {}) as unknown as Record<string, unknown>;
      // What is no function cannot wait for its first call: importing it is an error.
      const canWait = (name: string): boolean =>
        !ON_FIRST_CALL.has(path) || /^[^a-z]/.test(name) || typeof module[name] === 'function';
      const lines = Object.keys(module)
        .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
        .filter(canWait)
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

/**
 * The YAML package stays outside: few commands need it. A script that imports it warns of how
 * that is done, which a registry would have in its log; so it is required.
 */
const outside: Plugin = {
  name: 'outside',
  setup(bundler) {
    bundler.onResolve({ filter: /^yaml$/ }, ({ path }) => ({ path, namespace: 'outside' }));
    bundler.onLoad({ filter: /.*/, namespace: 'outside' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:module').createRequire(META.url)('${path}');`,
    }));
  },
};

/** In the entry, `process.ts` is what loads the program with its compiled functions. */
const apart: Plugin = {
  name: 'apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/process\.ts$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, 'bundled.ts'),
    }));
  },
};

const out = process.argv[2] ?? 'dist';
const common: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['koffi', 'yaml'],
  outbase: 'src',
  outdir: out,
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  logLevel: 'warning',
};

// One file: finding a module costs a third of a millisecond, what of a file is not used nearly
// nothing. Modules inside it are still evaluated when they are asked for. A script and no
// module, because only scripts are cached together with what they compiled.
const program = join(out, 'cli/program.js');
await build({
  ...common,
  format: 'cjs',
  plugins: [builtins, outside],
  entryPoints: [{ in: 'src/cli/process.ts', out: 'cli/program' }],
  // It is a function here and not when it is read: to put text around it would copy all of it.
  banner: { js: '(function(exports,module,META){' },
  footer: { js: '})' },
  define: {
    'import.meta.dirname': 'META.dirname',
    'import.meta.filename': 'META.filename',
    'import.meta.url': 'META.url',
  },
});
const text = readFileSync(program);
await build({
  ...common,
  plugins: [apart, builtins],
  entryPoints: ['src/cli/bin.ts'],
  define: {
    PROGRAM_DIGEST: JSON.stringify(createHash('sha256').update(text).digest('hex').slice(0, 16)),
    // The quick way to read what is no more than ASCII.
    PROGRAM_ENCODING: text.some((byte) => byte > 0x7f) ? '"utf8"' : '"latin1"',
  },
});
await build({
  ...common,
  plugins: [builtins],
  entryPoints: [
    'src/index.ts',
    'src/runtime/executor-child.ts',
    'src/registry-server/access/bcrypt-worker.ts',
  ],
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
await buildPage(join(out, 'page'));
