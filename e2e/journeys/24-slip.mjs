// A worker reads the own slip and appraisal, comments and appeals; somebody else decides.
import assert from 'node:assert/strict';
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

journey('a worker sees how pay and result came about, and appeals to another person', async (desk) => {
  const worker = await desk.open('gridworker', '/account/work', { size: 'phone' });
  await worker.getByRole('heading', { name: '我的合同、工资与考核' }).waitFor();
  const slip = (await as('gridworker').get('/my/pay')).items[0];
  const card = worker.locator('section', { hasText: '计算方法' }).first();
  for (const line of slip.lines) await card.getByText(line.how).first().waitFor();
  await sound(worker, 'own slips');

  // Every number opens its rows.
  const [sheet] = (await as('gridworker').get('/my/appraisals')).items;
  const appraisal = worker.locator('section', { hasText: sheet.name });
  const told = sheet.measures.find((m) => m.n);
  const part = appraisal.locator('details', { hasText: told.name });
  await part.locator('summary').click();
  assert.equal(await part.locator('li').count(), told.n);
  await appraisal.getByRole('button', { name: '说明情况' }).click();
  await appraisal.getByLabel('说明').fill('十月在外培训十天');
  await appraisal.locator('form').getByRole('button', { name: '说明情况' }).click();
  await appraisal.getByText('十月在外培训十天').waitFor();
  await appraisal.getByRole('button', { name: '申诉' }).click();
  await appraisal.getByLabel('申诉理由').fill('培训已完成，成绩没有登记');
  await sound(worker, 'an appeal');
  await appraisal.locator('form').getByRole('button', { name: '申诉' }).click();
  await appraisal.getByText('培训已完成，成绩没有登记').waitFor();

  const first = await desk.open('chief', `/staff/sheets/${sheet.id}`);
  await first.getByText('原结果由您决定，请由他人复核').waitFor();
  const other = await desk.open('desk', `/staff/sheets/${sheet.id}`);
  await other.getByRole('button', { name: '复核申诉' }).click();
  const form = other.locator('form');
  await form.getByRole('button', { name: '复核申诉' }).click();
  await form.getByText('请填写理由').waitFor();
  for (const [label, text] of [['等次', '优秀'], ['是否续聘', '续聘']]) {
    await form.getByLabel(label).click();
    await other.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text }).first().click();
  }
  await form.getByLabel('理由').fill('补录成绩属实');
  await sound(other, 'an appeal to settle');
  await form.getByRole('button', { name: '复核申诉' }).click();
  await other.getByText('补录成绩属实').waitFor();

  await worker.reload();
  await worker.getByText('补录成绩属实').waitFor();
  await worker.getByRole('link', { name: '核对抽样' }).first().click();
  await worker.getByRole('button', { name: '在本机重算' }).click();
  await worker.getByText('重算结果与公布的一致').waitFor();
  await sound(worker, 'the draw, made again');
});
