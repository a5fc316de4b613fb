// Fails on locale keys that are missing in a language, used but not there, or there but not used.
// A key is used when it stands as a literal "area:a.b.c" in the source; keys that are put together
// at run time (`area:status.${x}`) use every key that begins like the part before ${.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const langs = ['zh', 'en'];
const plural = /_(zero|one|two|few|many|other)$/;

function keys(lang) {
  const all = new Map();
  const walk = (node, path) => {
    for (const [k, v] of Object.entries(node)) {
      const p = path.endsWith(':') ? `${path}${k}` : `${path}.${k}`;
      if (typeof v === 'object' && v !== null) walk(v, p);
      else all.set(p, v);
    }
  };
  for (const f of readdirSync(join(src, 'locales', lang)).filter((f) => f.endsWith('.json')))
    walk(JSON.parse(readFileSync(join(src, 'locales', lang, f), 'utf8')), `${f.slice(0, -5)}:`);
  return all;
}
function files(dir) {
  return readdirSync(dir).flatMap((n) => {
    const p = join(dir, n);
    if (statSync(p).isDirectory()) return n === 'locales' ? [] : files(p);
    return /\.tsx?$/.test(n) && !/\.test\.tsx?$/.test(n) ? [p] : [];
  });
}

const problems = [];
const have = Object.fromEntries(langs.map((l) => [l, keys(l)]));
const stems = Object.fromEntries(
  langs.map((l) => [l, new Set([...have[l].keys()].map((k) => k.replace(plural, '')))]),
);
for (const [a, b] of [langs, [...langs].reverse()])
  for (const k of stems[a]) if (!stems[b].has(k)) problems.push(`${b}: missing ${k}`);
const holes = (s) =>
  [...String(s).matchAll(/\{\{\s*(\w+)/g)]
    .map((m) => m[1])
    .sort()
    .join();
for (const [k, v] of have.zh) {
  const other = have.en.get(k) ?? have.en.get(`${k}_other`);
  if (other !== undefined && holes(v) !== holes(other))
    problems.push(`placeholders differ: ${k} (${holes(v)} / ${holes(other)})`);
  if (/[!!]/.test(v) || /\p{Extended_Pictographic}/u.test(v))
    problems.push(`zh: exclamation mark or emoji in ${k}`);
}

for (const [k, v] of have.zh)
  if (/[\u3400-\u9fff\u201d}][,:;?()]|[,;?(][\u3400-\u9fff]/.test(v))
    problems.push(`zh: half-width punctuation in ${k}: ${v}`);

const areas = new Set([...stems.zh].map((k) => k.slice(0, k.indexOf(':'))));
const used = new Set();
const prefixes = new Set();
for (const f of files(src)) {
  const text = readFileSync(f, 'utf8');
  for (const m of text.matchAll(/['"`](\w+):([\w.]*)(\$\{|['"`])/g)) {
    if (!areas.has(m[1]) || (!m[2] && m[3] !== '${')) continue;
    if (m[3] === '${') prefixes.add(`${m[1]}:${m[2]}`);
    else {
      used.add(`${m[1]}:${m[2]}`);
      if (!stems.zh.has(`${m[1]}:${m[2]}`))
        problems.push(`used but not there: ${m[1]}:${m[2]} (${f.slice(src.length)})`);
    }
  }
}
for (const k of stems.zh)
  if (!used.has(k) && ![...prefixes].some((p) => k.startsWith(p))) problems.push(`not used: ${k}`);

if (problems.length) {
  console.error(problems.join('\n'));
  console.error(`${problems.length} locale problem(s)`);
  process.exit(1);
}
console.log(`${stems.zh.size} keys in ${langs.join(' and ')}: complete and used`);
