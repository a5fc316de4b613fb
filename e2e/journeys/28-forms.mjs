// The city's own fields from design to a report: what is held already is refused, what it costs
// is seen, another person approves; then the field is one of the register's, and its rows are
// delivered to whom they are for. By keyboard.
import assert from 'node:assert/strict';
import { as, word } from '../lib/api.mjs';
import { form, journey, row, sound } from '../lib/desk.mjs';

const drafts = 'party';
const approves = 'hr';

async function pick(page, id, text) {
  await page.locator(id).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type(text);
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text }).first().waitFor();
  await page.keyboard.press('Enter');
}

journey('a city asks for a field of its own: refused, mended, weighed, approved, filled in, reported', async (desk) => {
  const label = word('场地');
  const { items } = await as(drafts).get(`/ledger/party_org?where=${encodeURIComponent('state!=ended')}&limit=1`);
  const branch = items[0];

  // What is held already is refused while one types, with the way to it.
  const page = await desk.open(drafts, '/ledger/forms/new?register=party_org');
  await page.locator('#form-zh').fill(`${label}情况`);
  const field = page.locator('.form-field').first();
  const input = (part) => field.locator(`[id$="-${part}"]`);
  await input('zh').fill('联系电话');
  await field.getByText('请直接引用').waitFor();
  await field.getByRole('link', { name: '去看已有的登记' }).waitFor();
  await sound(page, 'form with a field that is held already');
  await input('zh').fill(`${label}面积`);
  await field.getByText('请直接引用').waitFor({ state: 'hidden' });
  await pick(page, `#${await input('kind').getAttribute('id')}`, '小数');

  // Without reason, purpose, basis, owner, term and people nothing is submitted.
  const send = page.locator('.form-foot').getByRole('button', { name: '提交审批' });
  await send.press('Enter');
  const summary = page.locator('.form-summary');
  await summary.locator('li').nth(5).waitFor();
  assert.ok(await summary.evaluate((el) => el === document.activeElement), 'the summary has the focus');
  await sound(page, 'form with errors');
  await input('why').fill('安排修缮');
  await page.locator('#form-purpose').fill('统一安排活动场地修缮');
  await page.locator('#form-basis').fill('支部工作条例第三十条');
  await pick(page, '#form-owner', '街道');
  await page.locator('#form-expires').fill('2099-12-31');
  await page.locator('#form-people').fill('456');
  await page.locator('#form-times').fill('2');
  await page.getByText('每年 912 项次').waitFor();
  await page.locator('.form-preview').getByText(`${label}面积`).waitFor();
  await summary.locator('li').first().waitFor({ state: 'hidden' });
  await send.press('Enter');
  const ask = form(page);
  await ask.getByText('每年 912 项次').waitFor();
  await sound(page, 'question before approval');
  await ask.getByRole('button', { name: '提交审批' }).press('Enter');
  await page.getByText('等待另一位有权限的同事审批').waitFor();
  const id = new URL(page.url()).pathname.split('/').pop();

  // Another person sees what it costs and approves.
  const other = await desk.open(approves, '/ledger/forms');
  await row(other, `${label}情况`).getByRole('link').press('Enter');
  await other.getByText('每年 912 项次').waitFor();
  await sound(other, 'form to be approved');
  await other.getByRole('button', { name: '批准并启用' }).press('Enter');
  await form(other).getByRole('button', { name: '批准并启用' }).press('Enter');
  await other.getByRole('link', { name: /^查看/ }).waitFor();

  // It is one of the register's fields: in the form, the table, the filter, the file.
  const { fields } = (await as(drafts).get('/forms')).items.find((f) => String(f.id) === id);
  const name = `x.${fields[0].name}`;
  await page.goto(`/desk/ledger/party_org?row=${branch.id}&edit=1`);
  const own = page.locator('.row-form').getByLabel(`${label}面积`);
  await own.fill('36.5');
  await page.keyboard.press('Control+Enter');
  await page.locator('.row-panel').getByText('36.5').first().waitFor();
  await page.goto(`/desk/ledger/party_org?where=${encodeURIComponent(`${name}>=36`)}`);
  await page.locator('.sentence', { hasText: `${label}面积不少于 36` }).waitFor();
  await row(page, branch.label).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  const csv = await page.request.get(
    `/api/v1/ledger/party_org/export?format=csv&where=${encodeURIComponent(`${name}>=36`)}`,
  );
  assert.match(await csv.text(), new RegExp(`${label}面积[^]*36\\.5`));
  await sound(page, 'list by an own field');

  // The same list as a report: made, delivered, its rows open.
  await page.getByRole('button', { name: '导出、打印和导入' }).press('Enter');
  await page.getByRole('menuitem', { name: '存为报表' }).press('Enter');
  await page.locator('#report-name').fill(`${label}月报`);
  await page.getByText(`${label}面积不少于 36`).waitFor();
  await sound(page, 'report while it is written');
  await page.getByRole('button', { name: '保存' }).press('Enter');
  const mine = page.locator('.import-part', { hasText: `${label}月报` });
  await mine.getByRole('button', { name: '生成' }).press('Enter');
  const month = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 7);
  await form(page).locator('#report-period').fill(month);
  await sound(page, 'question for a period');
  await page.keyboard.press('Enter');
  await mine.getByText('最近送达 1 份').waitFor();
  await page.getByRole('link', { name: '收到的报表' }).press('Enter');
  await row(page, `${label}月报`).getByRole('link').press('Enter');
  await page.getByRole('heading', { level: 1, name: `${label}月报 ${month}` }).waitFor();
  await page.getByText('1 条记录').waitFor();
  await sound(page, 'report that was delivered');
  await row(page, branch.label).getByRole('link').press('Enter');
  await page.locator('.row-panel').getByRole('heading', { level: 2, name: branch.label }).waitFor();

  // The form ends; what was entered stays.
  await other.getByRole('button', { name: '停用', exact: true }).press('Enter');
  await form(other).getByRole('button', { name: '停用', exact: true }).press('Enter');
  await other.getByText('已停用').first().waitFor();
  assert.equal((await as(drafts).get(`/ledger/party_org/${branch.id}`)).fields[name], 36.5);
});
