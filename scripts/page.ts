import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const SOURCE = join(import.meta.dirname, '../src/registry-page');

/**
 * Writes the registry's page into a folder: a script and a style sheet whose names change with what
 * is in them, and `index.html`, which names both.
 */
export async function buildPage(out: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: [join(SOURCE, 'main.tsx'), join(SOURCE, 'page.css'), join(SOURCE, 'icon.svg')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'copy' },
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    outdir: out,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const named = (ending: string): string => names.find((name) => name.endsWith(ending)) ?? '';
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8')
    .replace('main.tsx', `/page/${named('.js')}`)
    .replace('page.css', `/page/${named('.css')}`)
    .replace('icon.svg', `/page/${named('.svg')}`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'index.html'), html);
}
