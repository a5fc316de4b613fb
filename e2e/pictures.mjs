// Pictures of the pages: node pictures.mjs FOLDER [all | NAME…]. Against a server with the whole
// demo city at LINLI_BASE (default http://127.0.0.1:8080). Without "all": those of docs/img.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { as, base, password } from './lib/api.mjs';
import { begin, gridworker } from './lib/phone.mjs';

const [folder = 'out/pictures', ...only] = process.argv.slice(2);
const all = only.includes('all');
mkdirSync(folder, { recursive: true });

const of = async (role, query, want = () => true) => {
  const { items } = await as(role).get(`/cases?limit=100&${query}`);
  return (items.find(want) ?? items[0]).id;
};
const late = await of('dispatcher', 'open=true', (c) => c.lead && c.clock.overdue);
const told = await of('dispatcher', 'status=closed', (c) => c.returns + c.redos > 0);

/** A draft of a plan of the first street, as a planner has it open. */
async function draft() {
  const planner = as('planner');
  const { items } = await planner.get('/plan-communities');
  const communities = items.filter((c) => c.street === items[0].street).map((c) => c.code);
  const plan = await planner.post('/plans', { name: '街道网格调整', communities });
  await planner.post(`/plans/${plan.id}/runs`, { seconds: 8, styles: ['balanced'] });
  for (;;) {
    const now = await planner.get(`/plans/${plan.id}`);
    if (now.runs[0].status !== 'running') return (await planner.post('/plan-drafts', { from: now.drafts[0].id, name: '第一稿' })).id;
    await new Promise((r) => setTimeout(r, 500));
  }
}

/** The contract of the demo worker. */
async function contract() {
  const { items } = await as('hr').get('/staff');
  const { account } = await as('gridworker').get('/session');
  return items.flatMap((g) => g.workers).find((w) => w.id === account.id && w.contract).contract;
}

/** name, role, path, what to wait for, what to do before the picture */
const pages = [
  ['intake', 'operator', '/cases/new', '#text', async (p) => {
    await p.locator('#text').fill('楼下烧烤店每天半夜还在排油烟，窗户都不敢开，已经有一个多星期了。');
    await p.locator('#place').pressSequentially('幸福公馆');
    await p.locator('.ant-select-item-option').first().click();
    await p.locator('.similar li').first().waitFor();
    await p.locator('#reporter_name').fill('吴秀兰');
    await p.locator('#reporter_phone').fill('12800001234');
  }],
  ['queue', 'dispatcher', `/cases?open=true&case=${late}`, '.case-title'],
  ['case', 'dispatcher', `/cases/${told}`, '.case-title'],
  ['cockpit', 'leader', '/cockpit', '.cockpit-by tbody tr'],
  ['map', 'leader', '/cockpit', '.cockpit-by tbody tr', async (p) => {
    await p.locator('canvas.maplibregl-canvas').hover();
    for (let i = 0; i < 2; i++) await p.getByRole('button', { name: /放大|Zoom in/ }).first().click();
  }],
  ['planning', 'planner', `/planning/drafts/${await draft()}`, '.plan-map canvas', async (p) => {
    await p.locator('.draft-side .ant-segmented-item', { hasText: /清单|List/ }).click();
    await p.locator('.grid-list tbody .ant-checkbox-input').nth(1).check();
    await p.locator('.draft-side .ant-segmented-item', { hasText: /修改|Edit/ }).click();
  }],
  ['callback', 'callback', '/callbacks', '.call, .empty-note'],
  ['routing', 'admin', '/admin/routing', '.rule', async (p) => {
    await p.locator('.rule-tools button:last-child').nth(5).click();
    await p.locator('.publish button').first().click();
    await p.locator('.effect-main').waitFor();
    await p.locator('.publish').scrollIntoViewIfNeeded();
    await p.locator('.publish').evaluate((e) => {
      e.style.scrollMarginTop = '340px';
      e.scrollIntoView({ block: 'start' });
    });
  }],
  ['phone', 'dispatcher', '/cases?open=true', 'tbody tr', undefined, 'phone'],
  ['resident', '', 'door:/', '#text', async (p) => {
    await p.locator('#text').fill('楼道里有煤气味，路灯也不亮了。');
    await p.locator('.urgent').waitFor();
    await p.locator('#place').fill('幸福公馆');
    await p.locator('#places label').first().click();
    await p.evaluate(() => scrollTo(0, 0));
  }, 'phone'],
  ['handover', 'hr', `/staff/handover/${await contract()}`, '.staff-card'],
  ['slip', 'gridworker', '/account/work', '.staff-lines', async (p) => {
    await p.locator('h2', { hasText: '工资条' }).first().scrollIntoViewIfNeeded();
    await p.locator('h2', { hasText: '工资条' }).first().evaluate((e) => e.scrollIntoView({ block: 'start' }));
  }, 'phone'],
  ['worker', '', 'door:/worker/', '#root input', async (p) => {
    await begin(p, gridworker);
    await p.locator('.building > ul .row').first().waitFor();
  }, 'phone'],
];
const more = [
  ['login', '', '/login', '#login'],
  ['home', 'dispatcher', '/', '.page-head'],
  ['home-handler', 'handler', '/', '.page-head'],
  ['home-grid', 'gridworker', '/', '.page-head'],
  ['intake-grid', 'gridworker', '/cases/new', '#text'],
  ['case-phone', 'gridworker', `/cases/${told}`, '.case-title, .error-note'],
  ['categories', 'admin', '/admin/categories', '.ant-tree'],
  ['calendar', 'admin', '/admin/calendar', 'h1'],
  ['settings', 'admin', '/admin/settings', 'h1'],
  ['regions', 'admin', '/admin/regions', '.ant-tree'],
  ['orgs', 'admin', '/admin/orgs', '.ant-table-row'],
  ['accounts', 'security', '/admin/accounts', '.ant-table-row'],
  ['audit', 'auditor', '/audit', '.entry'],
  ['sessions', 'operator', '/account/sessions', 'h1'],
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
});
async function take([name, role, path, wait, before], size, lang, file) {
  const phone = size === 'phone';
  const context = await browser.newContext({
    viewport: phone ? { width: 360, height: 740 } : all ? { width: 1440, height: 900 } : { width: 1280, height: 800 },
    deviceScaleFactor: phone && !all ? 2 : 1,
    isMobile: phone,
    hasTouch: phone,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    baseURL: base,
  });
  context.setDefaultTimeout(20_000);
  await context.addInitScript((l) => {
    localStorage.setItem('linli.lang', l);
    localStorage.setItem('linli.lang.here', '1');
  }, lang);
  if (role) await context.request.post(`${base}/api/v1/session`, { data: { login: role, password } });
  const page = await context.newPage();
  try {
    await page.goto(path.startsWith('door:') ? path.slice(5) : `/desk${path}`);
    await page.locator(wait).first().waitFor();
    if (before && (lang === 'zh' || name !== 'intake')) await before(page);
    await page.waitForFunction(() => !document.querySelector('.ant-skeleton, .ant-spin-spinning'));
    if (await page.locator('.map-box, .citymap').count()) await page.locator('canvas.maplibregl-canvas').first().waitFor();
    // The map draws as its layers come; a picture may wait for it, a test may not.
    await page.waitForTimeout(all ? 1500 : 4000);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.log(`${file}: ${wide} px too wide`);
    await page.screenshot({ path: file });
    // For the repository: fewer colours, a third of the bytes (Debian package pngquant).
    if (!all) execFileSync('pngquant', ['--force', '--strip', '--output', file, '128', file]);
  } catch (e) {
    console.log(`${file}: ${e.message.split('\n')[0]}`);
    await page.screenshot({ path: `${file}.failed.png` });
  }
  await context.close();
}
if (all) {
  for (const [size, lang] of [['phone', 'zh'], ['desktop', 'en'], ['desktop', 'zh']])
    for (const p of [...more, ...pages]) await take(p, size, lang, join(folder, `${p[0]}-${size}-${lang}.png`));
} else for (const p of pages) if (!only.length || only.includes(p[0])) await take(p, p[5] ?? 'desktop', 'zh', join(folder, `${p[0]}.png`));
await browser.close();
