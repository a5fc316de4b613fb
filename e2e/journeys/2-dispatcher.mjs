import assert from 'node:assert/strict';
import { act, category, detail, report, word } from '../lib/api.mjs';
import { form, journey, row, send, sound } from '../lib/desk.mjs';

/** Chooses the first option that the words leave in a select. */
async function pick(page, box, words) {
  await box.fill(words);
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: words }).first().click();
}

journey('dispatcher sees a call arrive, files it and sends it where the rules say', async (desk) => {
  const page = await desk.open('dispatcher', '/cases?open=true');
  await page.locator('.live-on').waitFor();
  const operator = await desk.open('operator', '/cases/new');
  const words = word('路面塌了一块');
  await operator.locator('#text').fill(words);
  await operator.locator('#place').pressSequentially('荷塘壹号');
  await operator.locator('.ant-select-item-option', { hasText: '荷塘壹号' }).first().click();
  await operator.keyboard.press('Control+Enter');
  await operator.locator('.intake-filed').waitFor();

  const mine = row(page, words);
  await mine.waitFor();
  await sound(page, 'queue');
  await mine.click();
  await page.locator('.cases-pane .case-title', { hasText: words }).waitFor();
  await sound(page, 'queue with an open case');
  const id = Number(new URL(page.url()).searchParams.get('case'));
  await mine.focus();
  await page.keyboard.press('a');
  await send(page);
  await page.locator('.cases-pane .status', { hasText: '已受理' }).first().waitFor();

  const cat = await category((c) => c.name === '道路遗撒');
  await page.keyboard.press('f');
  await send(page, async (d) => {
    await pick(page, d.locator('#category_id'), cat.name);
    await d.getByText('一般', { exact: true }).click();
    await sound(page, 'form of filing');
  });
  await page.locator('.case-suggest').waitFor();
  const { case: now } = await detail('dispatcher', id);
  const unit = now.suggested.lead.name;
  assert.ok((await page.locator('.case-suggest').innerText()).includes(unit));
  await page.keyboard.press('d');
  await form(page).getByText(unit).first().waitFor();
  await send(page);
  await page.locator('.units', { hasText: unit }).waitFor();
  const { case: sent } = await detail('dispatcher', id);
  assert.equal(sent.status, 'dispatched');
  assert.equal(sent.lead.name, unit);
});

journey('dispatcher accepts two calls at once', async (desk) => {
  const words = word('井盖松动');
  const ids = [];
  for (const n of ['甲', '乙']) ids.push((await report('operator', `${words}${n}`)).id);
  const page = await desk.open('dispatcher', `/cases?q=${encodeURIComponent(words)}`);
  await row(page, words).nth(1).waitFor();
  await row(page, words).first().focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const bar = page.getByRole('toolbar', { name: '批量办理' });
  await bar.getByText('已选 2 件').waitFor();
  await sound(page, 'bulk bar');
  await bar.getByRole('button', { name: '受理', exact: true }).click();
  await send(page);
  await row(page, '已受理').nth(1).waitFor();
  for (const id of ids) assert.equal((await detail('dispatcher', id)).case.status, 'accepted');
});

journey('dispatcher keeps a filter and opens it again', async (desk) => {
  const page = await desk.open('dispatcher', '/cases?status=in_progress&grade=general');
  const name = word('一般在办');
  await page.getByRole('button', { name: '常用筛选' }).click();
  await page.getByRole('menuitem', { name: '保存当前筛选' }).click();
  await page.locator('#filter-name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.goto('/desk/cases');
  await page.getByRole('button', { name: '常用筛选' }).click();
  await page.getByRole('menuitem', { name }).click();
  await page.waitForURL(/status=in_progress/);
  await page.locator('.sentence', { hasText: '办理中' }).waitFor();
});

journey('the keys are on one sheet', async (desk) => {
  const page = await desk.open('dispatcher', '/cases');
  await page.locator('tbody tr').first().waitFor();
  await page.keyboard.press('?');
  const sheet = page.locator('.help-sheet');
  await sheet.waitFor();
  await sound(page, 'help sheet');
  assert.ok((await sheet.locator('kbd').count()) > 20);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
});

journey('two dispatchers act at once: the second is told and goes on', async (desk) => {
  const words = word('树枝挡路');
  const c = await report('operator', words);
  await act('dispatcher', c.id, 'accept');
  const page = await desk.open('dispatcher', `/cases?q=${encodeURIComponent(words)}&case=${c.id}`);
  await page.locator('.cases-pane .case-title').waitFor();
  await row(page, words).first().focus();
  await page.keyboard.press('n');
  const d = form(page);
  await d.locator('textarea').first().fill('来电人又打来一次');
  await act('dispatcher', c.id, 'note', { note: '同事先记了一笔' });
  desk.expect(/409/);
  await d.locator('.ant-modal-footer .ant-btn-primary').click();
  const warn = d.locator('.ant-alert');
  await warn.getByText('同事先记了一笔').waitFor();
  await sound(page, 'stale form');
  await warn.getByRole('button').click();
  await d.waitFor({ state: 'hidden' });
  await page.locator('.timeline, .case-part').getByText('来电人又打来一次').first().waitFor();
});

journey('dispatcher works on a phone', async (desk) => {
  const words = word('下水道堵了');
  const c = await report('operator', words);
  const page = await desk.open('dispatcher', `/cases?q=${encodeURIComponent(words)}`, { size: 'phone' });
  await row(page, words).tap();
  await page.locator('.case-title', { hasText: words }).waitFor();
  await sound(page, 'case on a phone');
  await page.locator('.case-actions button', { hasText: '受理' }).first().tap();
  await send(page);
  await page.locator('.case-head').getByText('已受理').first().waitFor();
  assert.equal((await detail('dispatcher', c.id)).case.status, 'accepted');
});
