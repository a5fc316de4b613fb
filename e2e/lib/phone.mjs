// A grid worker's phone: signing in, what it says, what it records.
import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { as, base, password } from './api.mjs';

export const pin = '258036';

/** Another grid worker of the city, with a password of their own: nobody shares a grid with another journey. */
export async function otherWorker(n) {
  const login = `w${String(n).padStart(4, '0')}`;
  const security = as('security');
  const { items } = await security.get(`/accounts?q=${login}`);
  const { id, name } = items.find((a) => a.login === login);
  const { password: once } = await security.post(`/accounts/${id}/password`);
  const own = `Nanhu-7-walks-${n}-stairs`;
  const post = async (path, body, token) => {
    const res = await fetch(`${base}/api/v1${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`);
    return res.json();
  };
  const { token } = await post('/session', { login, password: once });
  await post('/session/password', { old: once, new: own }, token);
  const { token: mine } = await post('/session', { login, password: own });
  const get = (path) =>
    fetch(`${base}/api/v1${path}`, { headers: { Authorization: `Bearer ${mine}` } }).then((r) => r.json());
  return { id, login, name, password: own, get };
}
export const gridworker = { login: 'gridworker', password };

/** Signs in on the phone for the first time and chooses a PIN; on today's page afterwards. */
export async function begin(page, who) {
  await page.getByLabel('账号').fill(who.login);
  await page.getByLabel('密码').fill(who.password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByLabel('新解锁码').fill(pin);
  await page.getByLabel('再输一次').fill(pin);
  await page.getByRole('button', { name: '保存解锁码' }).click();
  await page.locator('h1', { hasText: '今日' }).waitFor();
  await page.getByText('正在取本网格的资料').waitFor({ state: 'detached' });
  // From here on the app starts without a network.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
}

export async function unlock(page) {
  await page.getByLabel('解锁码').fill(pin);
  await page.getByRole('button', { name: '解锁', exact: true }).click();
  await page.locator('.tabs').waitFor();
}

export const tab = (page, name) => page.locator('.tabs').getByRole('link', { name }).click();

/** The numbers of the line on top of today: walked, to walk, to do, overdue, waiting. */
export async function line(page) {
  await tab(page, '今日');
  const text = await page.locator('.line').innerText();
  const m = /^走访 (\d+)\/(\d+) · 待办 (\d+) · 超期 (\d+) · 待上传 (\d+)$/.exec(text);
  if (!m) throw new Error(`the line says: ${text}`);
  const [visited, visits, todo, overdue, waiting] = m.slice(1).map(Number);
  return { visited, visits, todo, overdue, waiting };
}

/** Everything is at the server: nothing waits any more. The undo of ten seconds comes before. */
export async function allSent(page) {
  await tab(page, '未上传');
  await page.locator('.line', { hasText: '没有待上传的' }).waitFor({ timeout: 60_000 });
}

/** A report from the cases' page; onsite: settled with this result. */
export async function report(page, text, { category, onsite, photo } = {}) {
  await tab(page, '事件');
  await page.getByRole('link', { name: '上报情况' }).click();
  await page.getByLabel('看到了什么').fill(text);
  await page.getByLabel('楼栋', { exact: true }).selectOption({ index: 1 }).catch(() => {});
  const place = page.getByLabel('地点');
  if (!(await place.inputValue())) await place.fill('小区大门口');
  if (category) {
    await page.getByRole('button', { name: '其他类别' }).click();
    await page.getByLabel('找类别').fill(category);
    await page.locator('dialog .row', { hasText: category }).first().click();
  }
  if (photo) {
    await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: png(64) });
    await page.locator('.shots li').waitFor();
  }
  if (onsite) {
    await page.getByLabel('当场办结').check();
    await page.getByLabel('怎么解决的').fill(onsite);
    await page.getByRole('button', { name: '保存并办结' }).click();
  } else await page.getByRole('button', { name: '保存并上报' }).click();
  await page.locator('.did', { hasText: '已存本机' }).waitFor();
}

/** Answers what a stop asks and records that all is fine there; the page shows the next stop. */
export async function fine(page) {
  await page.getByRole('button', { name: '正常', exact: true }).click();
  const sheet = page.getByRole('dialog');
  const saved = page.locator('.did', { hasText: '正常，已存本机' });
  await sheet.or(saved).first().waitFor();
  if (await sheet.count()) {
    for (const one of await sheet.locator('fieldset').all()) await one.locator('input').first().check();
    await sheet.getByRole('button', { name: '保存：正常' }).click();
  }
  await saved.waitFor();
}

/** Opens the door of the n-th home of the first building; its id. */
export async function door(page, n = 0) {
  await tab(page, '住户');
  await page.locator('summary').first().click();
  await page.locator('details[open] .row').nth(n).click();
  await page.getByRole('link', { name: '记一次走访' }).click();
  await page.getByRole('button', { name: '无人' }).waitFor();
  return Number(/home\/(\d+)/.exec(page.url())[1]);
}

/** A picture of random dots, so that no two are equal. */
export function png(size) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: size }, () => Buffer.concat([Buffer.from([0]), randomBytes(size * 3)])));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
function crc(bytes) {
  let c = ~0;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

/** The cases in which these words stand, as the whole city's leader finds them; with `due`, waits for the first in that status ("any"). */
export async function casesWith(words, due = '') {
  for (let i = 0; ; i++) {
    const { items } = await as('leader').get(`/cases?q=${encodeURIComponent(words)}&limit=20`);
    if (!due || items.some((c) => due === 'any' || c.status === due) || i > 150) return items;
    await new Promise((r) => setTimeout(r, 200));
  }
}
