// The main pages in both languages: no serious finding of axe, nothing wider than the screen.
import assert from 'node:assert/strict';
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

const some = async (role) => (await as(role).get('/cases?limit=1')).items[0].id;
const all = ['zh', 'en'];
/** who, where, what to wait for, languages on the desk, languages on a phone. What a journey sees already is left out. */
const pages = [
  ['operator', '/', '.page-head', all, all],
  ['operator', '/cases/new', '#text', ['en'], ['en']],
  ['dispatcher', '/cases?open=true', 'tbody tr', ['en'], all],
  ['dispatcher', (id) => `/cases/${id}`, '.case-title', [], ['en']],
  ['callback', '/callbacks', '.page-head', ['en'], all],
  ['leader', '/cockpit', '.cockpit-by tbody tr', ['en'], all],
  ['admin', '/admin/categories', '.ant-tree', all, []],
  ['admin', '/admin/routing', '.rule', ['en'], []],
  ['admin', '/admin/calendar', '.month', all, []],
  ['admin', '/admin/settings', '.admin-page h1', all, []],
  ['admin', '/admin/versions', '.admin-page h1', all, []],
  ['dispatcher', '/hotline/orders', '.hotline-counts', ['en'], all],
  ['dispatcher', '/hotline/pairs', '.hotline-counts', ['en'], all],
  ['admin', '/admin/hotline?kind=mapping', '.plain-table', ['en'], all],
  ['admin', '/admin/hotline?kind=rules', '.admin-page textarea', ['en'], ['zh']],
  ['admin', '/admin/orgs', '.ant-table-row', all, []],
  ['admin', '/admin/regions', '.ant-tree', all, []],
  ['security', '/admin/accounts', '.ant-table-row', ['en'], ['zh']],
  ['auditor', '/audit', '.entry', ['en'], ['zh']],
  ['gridworker', '/account/sessions', 'h1', all, ['zh']],
  ['gridworker', '/account/password', 'form', all, []],
];

for (const lang of all) {
  for (const size of ['desktop', 'phone']) {
    journey(
      `pages in ${lang === 'zh' ? 'Chinese' : 'English'}, ${size}`,
      async (desk) => {
        const id = await some('dispatcher');
        const open = new Map();
        const bad = [];
        for (const [role, to, wait, onDesk, onPhone] of pages) {
          if (!(size === 'phone' ? onPhone : onDesk).includes(lang)) continue;
          const path = typeof to === 'string' ? to : to(id);
          if (open.has(role)) await open.get(role).goto(`/desk${path}`);
          else open.set(role, await desk.open(role, path, { size, lang }));
          const page = open.get(role);
          await page.locator(wait).first().waitFor();
          await sound(page, `${role} ${path} in ${lang}`).catch((e) => bad.push(`${e.message} ${e.actual ?? ''}`));
        }
        assert.deepEqual(bad, []);
      },
      { timeout: 240_000 },
    );
  }
}
