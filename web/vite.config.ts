import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const api = process.env.LINLI_API ?? 'http://127.0.0.1:8080';

/** In development nobody replaces the nonce, so that the page must carry an empty one. */
const emptyNonce = {
  name: 'linli-empty-nonce',
  apply: 'serve' as const,
  transformIndexHtml: (html: string) => html.replaceAll('__CSP_NONCE__', ''),
};

/**
 * Tells the service worker of /worker which files make up the app: the page's script with all that
 * it imports, now or later, and what it shows; and names the version by them.
 */
const phoneFiles = {
  name: 'linli-phone-files',
  apply: 'build' as const,
  writeBundle({ dir = 'dist' }: { dir?: string }) {
    type Chunk = {
      file: string;
      imports?: string[];
      dynamicImports?: string[];
      css?: string[];
      assets?: string[];
    };
    const chunks = JSON.parse(readFileSync(`${dir}/.vite/manifest.json`, 'utf8')) as Record<string, Chunk>;
    const files = new Set<string>();
    const seen = new Set<string>();
    const walk = (key: string) => {
      const c = chunks[key];
      if (!c || seen.has(key)) return;
      seen.add(key);
      for (const f of [c.file, ...(c.css ?? []), ...(c.assets ?? [])]) files.add(`/${f}`);
      for (const k of [...(c.imports ?? []), ...(c.dynamicImports ?? [])]) walk(k);
    };
    walk('worker/index.html');
    files.delete('/worker/index.html');
    for (const f of readdirSync('public/worker')) files.add(`/worker/${f}`);
    const list = [...files].sort();
    const hash = createHash('sha256');
    for (const f of ['/worker/index.html', ...list]) hash.update(f).update(readFileSync(dir + f));
    const sw = `${dir}/worker/sw.js`;
    const text = readFileSync(sw, 'utf8')
      .replace('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
      .replace('__FILES__', JSON.stringify(list));
    writeFileSync(sw, text);
  },
};

export default defineConfig({
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [react(), emptyNonce, phoneFiles],
  build: {
    target: 'chrome90',
    outDir: 'dist',
    emptyOutDir: true,
    assetsDir: 'desk/assets',
    manifest: true,
    modulePreload: { polyfill: false },
    // A page's text must not depend on inline data: the policy allows 'self' only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: {
        desk: 'desk/index.html',
        worker: 'worker/index.html',
        resident: 'src/resident/main.ts',
        sw: 'src/worker/sw/sw.ts',
      },
      // A service worker keeps its name, and reaches as far as its folder.
      output: {
        entryFileNames: (c) => (c.name === 'sw' ? 'worker/sw.js' : 'desk/assets/[name]-[hash].js'),
        // A phone's start pays for each file that it asks its service worker for: what all its pages
        // need is one, and what they share with the desk another.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|react-router|scheduler)\// },
            {
              name: 'phone',
              test: /src\/worker\/((parts|store|sync|crypto)\/|sw\/[uU]pdate|\w+\.ts$)|node_modules\/dexie\//,
            },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': api } },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
});
