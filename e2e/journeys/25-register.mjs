// One register from its first row to an undone import, by keyboard: what holds for homes holds
// for all, because the pages know nothing of any register but what the server tells.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { as, word } from '../lib/api.mjs';
import { form, journey, row, sound } from '../lib/desk.mjs';

const keeper = 'community';

/** A building whose homes the keeper may register: the first that takes one. */
async function building() {
  const { items } = await as(keeper).get(`/ledger/home/refs?field=building&q=${encodeURIComponent('荷塘')}`);
  for (const b of items) {
    const made = await as(keeper)
      .post('/ledger/home', { fields: { building: b.id, room: word('试'), use_now: 'lived' } })
      .catch(() => undefined);
    if (made) return b;
  }
  throw new Error('no building of the demo community takes a home');
}

async function pick(page, id, text) {
  await page.locator(id).fill(text);
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text }).first().waitFor();
  await page.keyboard.press('Enter');
}

journey('community keeps a register by keyboard: several errors at once, create, filter, conflict, end', async (desk) => {
  const b = await building();
  const room = word('室');
  const page = await desk.open(keeper, '/ledger');
  await page.keyboard.press('/');
  await page.keyboard.type('房号');
  await page.getByRole('link', { name: '住户', exact: true }).press('Enter');
  await page.locator('tbody tr').first().waitFor();
  await sound(page, 'table of a register');

  await page.keyboard.press('i');
  await page.locator('#row_room').waitFor();
  await page.keyboard.press('Control+Enter');
  const summary = page.locator('.form-summary');
  await summary.locator('li').nth(2).waitFor();
  assert.ok(await summary.evaluate((el) => el === document.activeElement), 'the summary has the focus');
  await sound(page, 'form with errors');
  await summary.getByRole('button', { name: '请填写房号' }).press('Enter');
  await page.locator('#row_room:focus').fill(room);
  await pick(page, '#row_building', b.name);
  await page.locator('#row_use_now input').first().press('Space');
  await page.keyboard.press('Control+Enter');
  const panel = page.locator('.row-panel');
  await panel.getByRole('heading', { level: 2, name: room }).waitFor();
  await sound(page, 'row of a register');

  // Somebody else changes it while this form is open.
  const id = new URL(page.url()).searchParams.get('row');
  await page.locator('tbody tr[aria-current]').focus();
  await page.keyboard.press('e');
  await page.locator('#row_people').fill('３');
  await as('gridworker').patch(`/ledger/home/${id}`, { version: 1, fields: { people: 5, hint: '门铃坏了' } });
  desk.expect(/409.*ledger\/home|status of 409/);
  await page.keyboard.press('Control+Enter');
  await summary.getByText('填写期间他人已更新这条记录').waitFor();
  await sound(page, 'form with a conflict');
  await summary.getByRole('button', { name: '在新版本上保存' }).press('Enter');
  await panel.waitFor();
  const now = await as(keeper).get(`/ledger/home/${id}`);
  assert.equal(now.fields.people, 3, 'mine counts where both changed');
  assert.equal(now.fields.hint, '门铃坏了', 'theirs stays where only they changed');
  await panel.locator('.timeline li', { hasText: '5' }).first().waitFor();

  // What is looked for stands in the address, and the sentence says it.
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type(room);
  await page.keyboard.press('Enter');
  await page.locator('.sentence', { hasText: room }).waitFor();
  await row(page, room).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(new URL(page.url()).searchParams.get('q'), room);
  await page.reload();
  await row(page, room).waitFor();

  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: '结束', exact: true }).press('Enter');
  const end = form(page);
  await end.locator('#end-reason').fill('并入相邻房号');
  await sound(page, 'end of a row');
  await end.getByRole('button', { name: '结束', exact: true }).press('Enter');
  await panel.getByText('这条记录已结束').waitFor();
  assert.equal((await as(keeper).get(`/ledger/home/${id}`)).fields.state, 'ended');
});

journey('community imports a file with an error, mends it, and undoes the import', async (desk) => {
  const b = await building();
  const rooms = [word('导'), word('导')];
  const folder = mkdtempSync(join(tmpdir(), 'linli-import-'));
  const file = (name, use) => {
    const path = join(folder, name);
    writeFileSync(path, `\ufeff楼栋,房号,居住情况\n${b.name},${rooms[0]},自住\n${b.name},${rooms[1]},${use}\n`);
    return path;
  };
  const page = await desk.open(keeper, '/ledger/home/import');
  const input = page.locator('input[type=file]');
  await input.setInputFiles(file('first.csv', '自己住'));
  await page.locator('.import-result').getByText('有 1 处问题').waitFor();
  await sound(page, 'import with a problem');
  assert.ok(await page.getByRole('button', { name: /^导入 1 行/ }).isDisabled());
  const [list] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '下载问题清单' }).press('Enter'),
  ]);
  assert.match(list.suggestedFilename(), /first-问题清单\.csv/);

  await input.setInputFiles(file('second.csv', '自住'));
  await page.getByText('其中 2 行可以导入').waitFor();
  await page.getByRole('button', { name: '导入 2 行' }).press('Enter');
  await page.locator('.import-done').waitFor();
  const found = (room) => as(keeper).get(`/ledger/home?q=${encodeURIComponent(room)}`);
  assert.equal((await found(rooms[1])).items.length, 1);

  const run = row(page, 'second.csv');
  await run.getByRole('button', { name: '撤销这次导入' }).press('Enter');
  await page.locator('.ant-popconfirm').getByRole('button', { name: '撤销这次导入' }).press('Enter');
  await run.getByText('已撤销').waitFor();
  assert.equal((await found(rooms[1])).items.length, 0);
  await sound(page, 'imports of a register');
});
