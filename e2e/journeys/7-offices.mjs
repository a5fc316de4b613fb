import assert from 'node:assert/strict';
import { report, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

journey('auditor reads the trail of a case and of a person and proves the chain', async (desk) => {
  const c = await report('operator', word('留痕'));
  const page = await desk.open('auditor', `/cases/${c.id}`);
  await page.getByRole('link', { name: '审计记录' }).click();
  await page.waitForURL(/object=case/);
  const entry = page.locator('.entry').first();
  await entry.waitFor();
  await entry.getByRole('button', { name: '详情' }).click();
  await page.locator('.entry-detail').getByText('case.report').waitFor();
  await sound(page, 'trail of a case');
  await entry.locator('button.link').first().click();
  await page.waitForURL(/account=/);
  await page.getByRole('button', { name: '核验全部记录' }).click();
  await page.locator('.proof-result.tone-done').waitFor();
  await sound(page, 'proof of the chain');
  const [heads] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '下载签名表头' }).click(),
  ]);
  assert.match(heads.suggestedFilename(), /^audit-heads-.*\.txt$/);
});

journey('admin moves a routing rule and sees what it would have done', async (desk) => {
  const page = await desk.open('admin', '/admin/routing');
  const rules = page.locator('.rule');
  await rules.nth(2).waitFor();
  await sound(page, 'routing rules');
  const name = await rules.nth(4).locator('.rule-name').innerText();
  await rules.nth(4).locator('.rule-name').click();
  const unit = page.locator('.split-detail, aside, .rule-form').last();
  await unit.waitFor();
  await sound(page, 'form of a rule');
  await page.getByRole('button', { name: `删除规则“${name}”` }).click();
  await page.getByRole('button', { name: '预览影响' }).click();
  const effect = page.locator('.effect-main');
  await effect.waitFor();
  assert.match(await effect.innerText(), /\d+ 件/);
  await sound(page, 'preview of rules');
  await page.getByRole('button', { name: '撤销' }).click();
  await page.getByText('规则没有改动。').waitFor();
});

journey('admin publishes a rule from tomorrow on', async (desk) => {
  const page = await desk.open('admin', '/admin/routing');
  await page.locator('.rule').nth(2).waitFor();
  const first = await page.locator('.rule-name').nth(1).innerText();
  await page.getByRole('button', { name: `上移规则“${first}”` }).click();
  const publish = page.locator('.publish').getByRole('button', { name: '发布', exact: true });
  await page.locator('.publish').getByText('发布后从生效日期起执行。').waitFor();
  await publish.click();
  await page.getByText(/第 \d+ 版已发布/).waitFor();
});

journey('security opens an account with a post, ends the post, and closes the account', async (desk) => {
  const page = await desk.open('security', '/admin/accounts');
  await page.locator('.ant-table-row').first().waitFor();
  await sound(page, 'accounts');
  await page.getByRole('button', { name: '新增账号' }).first().click();
  const login = `e2e${process.pid}`;
  await page.locator('form #name').fill('田试用');
  await page.locator('form #login').fill(login);
  await page.locator('#role').fill('话务员');
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: '话务员' }).first().click();
  await sound(page, 'form of an account');
  for (const id of ['#region', '#org']) {
    const box = page.locator(id);
    if (!(await box.count())) continue;
    await box.click();
    await page.locator('.ant-select-dropdown:visible').locator('.ant-select-item-option, .ant-select-tree-treenode:not([aria-hidden])').first().click();
  }
  await page.locator('form').getByRole('button', { name: '新增账号' }).click();
  const once = page.getByRole('dialog');
  await once.locator('.ant-modal-confirm-title', { hasText: `${login} 的一次性密码` }).waitFor();
  await sound(page, 'one-time password');
  await once.getByRole('button', { name: '已记下' }).click();
  await page.locator('h2', { hasText: login }).waitFor();
  await page.getByRole('button', { name: '结束岗位' }).click();
  const end = page.getByRole('dialog');
  await end.getByRole('button', { name: '结束岗位' }).click();
  await end.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: '停用账号' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: '停用账号' }).click();
  await page.locator('.facts', { hasText: '已停用' }).waitFor();
});
