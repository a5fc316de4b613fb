import assert from 'node:assert/strict';
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

journey('a street calls two departments: one comes and gives its result, the other is let off', async (desk) => {
  const own = (await as('handler').get('/session')).posts[0].org;
  const orgs = (await as('clerk').get('/orgs?kind=department')).items;
  const other = orgs.find((o) => o.id !== own.id && o.region === own.region) ?? orgs.find((o) => o.id !== own.id);
  const page = await desk.open('clerk', '/whistles/list?new=1');
  const title = `夜市占道 ${Date.now()}`;
  const form = page.getByRole('dialog');
  await form.getByLabel('事由').fill(title);
  await form.getByLabel('地点').first().fill('社区');
  await page.locator('.ant-select-item-option').first().click();
  for (const o of [own, other]) {
    await form.getByLabel('召集单位').fill(o.name);
    await page.locator('.ant-select-item-option', { hasText: o.name }).first().click();
  }
  const made = page.waitForResponse((r) => r.url().endsWith('/whistles') && r.request().method() === 'POST');
  await form.getByRole('button', { name: '发出召集' }).click();
  const { id } = await (await made).json();
  await page.getByRole('heading', { name: title }).waitFor();
  await sound(page, 'a whistle');

  const unit = await desk.open('handler', `/whistles/list?whistle=${id}`, { size: 'phone' });
  await unit.getByRole('button', { name: new RegExp(`^报到 ${own.name}`) }).click();
  await unit.locator('.joint-form button[type=submit]').click();
  await unit.getByRole('button', { name: new RegExp(`^反馈结果 ${own.name}`) }).click();
  await unit.getByLabel('处置结果').fill('已劝离摊位 6 处，地面清洗完毕。');
  await unit.locator('.joint-form button[type=submit]').click();
  await unit.getByText('已反馈').first().waitFor();

  await page.reload();
  await page.getByRole('button', { name: new RegExp(`^确认并评价 ${own.name}`) }).click();
  await page.getByRole('radio', { name: '很满意' }).click();
  await page.locator('.joint-form button[type=submit]').click();
  await page.getByRole('button', { name: new RegExp(`^同意不到场 ${other.name}`) }).click();
  await page.getByLabel('理由').fill('已处置完毕。');
  await page.locator('.joint-form button[type=submit]').click();
  await page.locator('.joint-panel dd').getByText('已办结').waitFor();
  const done = await as('clerk').get(`/whistles/${id}`);
  assert.equal(done.state, 'closed');
  assert.equal(done.calls.find((c) => c.org.id === own.id).by_street, 5);
});
