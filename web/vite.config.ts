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

export default defineConfig({
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [react(), emptyNonce],
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
      input: { desk: 'desk/index.html', worker: 'worker/index.html', resident: 'src/resident/main.ts' },
    },
  },
  server: { port: 5173, proxy: { '/api': api } },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
});
