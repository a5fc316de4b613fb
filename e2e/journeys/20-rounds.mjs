// The community lead's desk 走访: numbers open their rows, tasks are put off and handed over, a circular goes out.
import assert from 'node:assert/strict';
import { as, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

for (const size of ['desktop', 'phone']) {
  journey(`the community lead arranges visits, ${size}`, async (desk) => {
    const api = await as('community');
    const page = await desk.open('community', '/visits', { size });
    await page.locator('.rounds-line').waitFor();
    await sound(page, 'progress of visits');

    // A number is the length of its list.
    const late = (await api.get('/visits/progress')).total.late;
    await page.goto(new URL('/desk/visits/tasks?part=open', page.url()).href);
    const open = (await api.get('/visits/tasks?part=open&limit=1')).total;
    assert.equal((await api.get('/visits/tasks?part=late&limit=1')).total, late);
    await page.getByText(`共 ${open} 项`).waitFor();
    await sound(page, 'tasks of visits');

    const box = page.locator('tbody .ant-checkbox-input:enabled').first();
    await box.check();
    await page.getByRole('button', { name: '移交' }).click();
    await page.locator('.ant-modal .ant-select').first().click();
    await page.locator('.ant-select-item-option').first().click();
    await page.locator('.ant-modal').getByRole('button', { name: /^移\s*交$/ }).click();
    await page.getByText('请填写理由').waitFor();
    await page.locator('.ant-modal').getByLabel('理由').fill('网格员参加培训');
    await sound(page, 'handing over');
    await page.locator('.ant-modal').getByRole('button', { name: /^移\s*交$/ }).click();
    await page.getByText('已移交 1 项').waitFor();
    assert.ok((await api.get('/visits/tasks?part=today&limit=200')).items.some((x) => x.reason === '网格员参加培训'));
  });
}

journey('a circular goes out, and a question that the system can answer is refused', async (desk) => {
  const api = await as('community');
  const name = word('暴雨后查看地下室');
  const page = await desk.open('community', '/visits/rules');
  await page.getByRole('button', { name: '一次性走访' }).click();
  const form = page.locator('.ant-modal');
  await form.getByLabel('名称').fill(name);
  await form.getByLabel('用途').first().fill('看看地下室有没有积水');
  const days = form.locator('.ant-picker-input input');
  await days.first().click();
  await page.locator('.ant-picker-cell-today').first().click();
  await page.locator('.ant-picker-cell-today').first().click();
  await form.getByRole('button', { name: '添加问题' }).click();
  await form.getByLabel('问题', { exact: true }).fill('联系电话');
  await form.getByLabel('为什么问').fill('方便联系');
  await sound(page, 'a circular');
  desk.expect(/422/);
  await form.getByRole('button', { name: /^发\s*布$/ }).click();
  await form.getByText('不必再问').waitFor();
  await form.getByLabel('问题', { exact: true }).fill('地下室有无积水');
  await form.getByLabel('为什么问').fill('有积水要抽排');
  await form.getByRole('button', { name: /^试\s*算$/ }).click();
  await form.getByText(/涉及 \d+ 处/).waitFor();
  await form.getByRole('button', { name: /^发\s*布$/ }).click();
  await page.getByText('规则已发布').waitFor();
  await page.getByRole('heading', { name }).waitFor();
  const rule = (await api.get('/visits/rules')).items.find((r) => r.name === name);
  assert.equal(rule.kind, 'circular');
  assert.ok(rule.mine);
});
