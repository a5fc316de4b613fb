// Pictures of pages for looking at: node scripts/shots.mjs BASE OUT role:path[:name] … [--size 1440x900] [--lang zh] [--dark]
// Prints what the browser complains about (console errors, policy violations, failed requests).
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const args = process.argv.slice(2);
const take = (flag, otherwise) => {
  const i = args.indexOf(flag);
  if (i < 0) return otherwise;
  return args.splice(i, 2)[1];
};
const dark = args.includes('--dark') && args.splice(args.indexOf('--dark'), 1);
const sizes = take('--size', '1440x900').split(',');
const langs = take('--lang', 'zh').split(',');
const wait = Number(take('--wait', '900'));
const [base, out, ...pages] = args;
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
for (const size of sizes) {
  const [width, height] = size.split('x').map(Number);
  for (const lang of langs) {
    for (const page of pages) {
      const [role, path, name = path.replace(/\W+/g, '_')] = page.split('|');
      const context = await browser.newContext({
        viewport: { width, height },
        hasTouch: width < 500,
        reducedMotion: 'reduce',
      });
      await context.addInitScript(
        ([l, d]) => {
          localStorage.setItem('linli.lang', l);
          localStorage.setItem('linli.lang.here', '1');
          if (d) localStorage.setItem('linli.look', 'dark');
        },
        [lang, !!dark],
      );
      if (role !== '-') {
        const res = await context.request.post(`${base}/api/v1/session`, {
          data: { login: role, password: process.env.LINLI_PASSWORD ?? 'linli-demo-2026' },
        });
        if (!res.ok()) throw new Error(`${role}: ${res.status()} ${await res.text()}`);
      }
      const tab = await context.newPage();
      tab.on(
        'console',
        (m) =>
          m.type() === 'error' && console.log(`${role} ${path} ${size} ${lang}: ${m.text().slice(0, 300)}`),
      );
      tab.on('pageerror', (e) => console.log(`${role} ${path}: ${e.stack?.slice(0, 600)}`));
      tab.on(
        'response',
        (r) => r.status() >= 400 && console.log(`${role} ${path}: ${r.status()} ${r.url()}`),
      );
      await tab.goto(`${base}/desk${path}`);
      await tab.waitForLoadState('load');
      await tab.waitForTimeout(wait);
      const over = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (over > 0) console.log(`${role} ${path} ${size} ${lang}: ${over} px too wide`);
      await tab.screenshot({ path: `${out}/${role}-${name}-${width}-${lang}${dark ? '-dark' : ''}.png` });
      await context.close();
    }
  }
}
await browser.close();
