// Every main page in both languages: no serious finding of axe, nothing wider than the screen.
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

const some = async (role) => (await as(role).get('/cases?limit=1')).items[0].id;
const pages = [
  ['operator', '/', '.page-head'],
  ['operator', '/cases/new', '#text'],
  ['dispatcher', '/cases?open=true', 'tbody tr'],
  ['dispatcher', (id) => `/cases/${id}`, '.case-title'],
  ['callback', '/callbacks', '.page-head'],
  ['leader', '/cockpit', '.cockpit-by tbody tr'],
  ['admin', '/admin/categories', '.ant-tree'],
  ['admin', '/admin/routing', '.rule'],
  ['admin', '/admin/calendar', '.admin-page table, .month'],
  ['admin', '/admin/settings', '.admin-page h1'],
  ['admin', '/admin/versions', '.admin-page h1'],
  ['admin', '/admin/orgs', '.ant-table-row'],
  ['admin', '/admin/regions', '.ant-tree'],
  ['security', '/admin/accounts', '.ant-table-row'],
  ['auditor', '/audit', '.entry'],
  ['gridworker', '/account/sessions', 'h1'],
  ['gridworker', '/account/password', 'form'],
];
const phone = new Set(['/', '/cases/new', '/cases?open=true', '/callbacks', '/cockpit', '/account/sessions']);

for (const lang of ['zh', 'en']) {
  for (const size of ['desktop', 'phone']) {
    journey(
      `pages in ${lang === 'zh' ? 'Chinese' : 'English'}, ${size}`,
      async (desk) => {
        const id = await some('dispatcher');
        const open = new Map();
        for (const [role, to, wait] of pages) {
          const path = typeof to === 'string' ? to : to(id);
          if (size === 'phone' && !phone.has(to) && typeof to === 'string') continue;
          if (open.has(role)) await open.get(role).goto(`/desk${path}`);
          else open.set(role, await desk.open(role, path, { size, lang }));
          const page = open.get(role);
          await page.locator(wait).first().waitFor();
          await sound(page, `${role} ${path} in ${lang}`);
        }
      },
      { timeout: 180_000 },
    );
  }
}
