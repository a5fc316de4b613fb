// What is due, as a leader meets it: my duties, the card of a grid, its sheet for the notice
// board, the calendar.
import assert from 'node:assert/strict';
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

journey('a leader reads what is due, opens the grid card, prints the sheet and looks at the month', async (desk) => {
  const page = await desk.open('leader', '/duties');
  await page.getByRole('heading', { name: '包联走访' }).waitFor();
  await sound(page, 'my duties');
  const due = page.locator('.duty-kind li a').first();
  const grid = (await due.textContent()).split('（')[0];
  await due.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: grid, level: 1 }).waitFor();
  await page.getByRole('row', { name: /社区民警/ }).waitFor();
  await sound(page, 'the grid card');
  for (const name of ['打印公示牌', '打印英文公示牌']) {
    const href = await page.getByRole('link', { name }).getAttribute('href');
    const sheet = await page.request.get(new URL(href, page.url()).href);
    assert.equal(sheet.headers()['content-type'], 'application/pdf');
    assert.match((await sheet.body()).toString('latin1'), /^%PDF-[\s\S]*\/Count 1>>/, `${name} is one page`);
  }
  await page.getByRole('link', { name: '工作台' }).first().click();
  await page.getByRole('link', { name: '日历' }).click();
  await page.getByRole('columnheader', { name: '周一' }).waitFor();
  await sound(page, 'the calendar');
  await page.getByText('列表', { exact: true }).click();
  await page.waitForURL(/as=list/);
  await sound(page, 'the calendar as a list');
});

journey('on a phone: duties, card and calendar fit, and the calendar is a list', async (desk) => {
  const { items } = await as('leader').get('/liaison/mine');
  for (const path of ['/duties', `/grids/${items[0].grid_id}`, '/calendar?of=all', '/grids']) {
    const page = await desk.open('leader', path, { size: 'phone', lang: 'en' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await sound(page, path);
    assert.equal(await page.getByRole('columnheader', { name: 'Mon' }).count(), 0);
  }
});

journey('a card and its sheet are not there for another district', async () => {
  const { items } = await as('desk').get('/grid-cards');
  const all = (await as('leader').get('/grid-cards')).items;
  const far = all.find((g) => !items.some((x) => x.id === g.id));
  assert.ok(far, 'the leader sees more than one district');
  await assert.rejects(as('desk').get(`/grid-cards/${far.id}`), /404|not_found/);
});
