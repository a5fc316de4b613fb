// Script before first use: what a person's browser must load until the heaviest first page
// (home, case list, intake) works, gzip. Fails above the budget.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const budget = 450 * 1024;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'));
const shell = ['desk/index.html', 'src/shared/lang/zh.ts', 'src/desk/shell/Shell.tsx'];
const pages = {
  home: 'src/desk/home/index.tsx',
  cases: 'src/desk/cases/index.tsx',
  intake: 'src/desk/intake/index.tsx',
};

function closure(roots) {
  const seen = new Set();
  const walk = (key) => {
    const entry = manifest[key];
    if (!entry || seen.has(key)) return;
    seen.add(key);
    for (const k of entry.imports ?? []) walk(k);
  };
  roots.forEach(walk);
  return [...new Set([...seen].map((k) => manifest[k].file).filter((f) => f.endsWith('.js')))];
}
const size = (files) => files.reduce((n, f) => n + gzipSync(readFileSync(dist + f), { level: 9 }).length, 0);
let bad = false;
for (const [name, page] of Object.entries(pages)) {
  if (!manifest[page]) throw new Error(`no chunk for ${page}`);
  const files = closure([...shell, page]);
  const n = size(files);
  bad ||= n > budget;
  console.log(
    `${name}: ${(n / 1024).toFixed(1)} KB gzip in ${files.length} files (budget ${budget / 1024} KB)`,
  );
}
// The residents' pages are HTML of the server; this is all the script before first use.
const door = size(closure(['src/resident/main.ts']));
bad ||= door > 100 * 1024;
console.log(`residents: ${(door / 1024).toFixed(1)} KB gzip (budget 100 KB)`);
// The grid worker's phone: its pages and store in the heavier language, before anything is shown.
const worker = Math.max(
  ...['zh', 'en'].map((l) => size(closure(['worker/index.html', `src/worker/lang/${l}.ts`]))),
);
bad ||= worker > 180 * 1024;
console.log(`worker: ${(worker / 1024).toFixed(1)} KB gzip (budget 180 KB)`);
if (bad) process.exit(1);
