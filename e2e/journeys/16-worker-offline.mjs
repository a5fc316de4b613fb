import assert from 'node:assert/strict';
import { word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';
import { allSent, begin, casesWith, door, fine, line, otherWorker, report, tab, unlock } from '../lib/phone.mjs';

journey('a grid worker’s day without a network, and back', async (desk) => {
  const who = await otherWorker(1);
  const page = await desk.open('', '/worker/', { size: 'phone', door: true });
  desk.expect(/ERR_INTERNET_DISCONNECTED/);
  await begin(page, who);
  await page.context().setOffline(true);

  const words = [1, 2, 3].map((n) => word(`没有网络时发现的第${n}件事`));
  for (const [i, w] of words.entries()) await report(page, w, { photo: i === 1 });
  const home = await door(page, 1);
  const note = word('门口堆的箱子已搬走');
  await page.getByLabel('备注').fill(note);
  await fine(page);
  await page.reload();
  await page.locator('.tabs, .actions').or(page.getByLabel('解锁码')).first().waitFor();
  if (await page.getByLabel('解锁码').count()) await unlock(page);
  await page.goto('/worker/');
  await page.locator('.tabs').waitFor();
  assert.equal((await line(page)).waiting, 4, 'the app starts without a network, with everything recorded');
  await page.getByText('手机没有网络').waitFor();
  await sound(page, 'today without a network');

  // A draft outlives leaving the page.
  const half = word('写到一半');
  await tab(page, '事件');
  await page.getByRole('link', { name: '上报情况' }).click();
  await page.getByLabel('看到了什么').fill(half);
  await page.getByRole('link', { name: '返回' }).click();
  await page.getByRole('link', { name: '上报情况' }).click();
  assert.equal(await page.getByLabel('看到了什么').inputValue(), half);
  await page.getByRole('link', { name: '返回' }).click();

  // Changed before the server has it.
  await tab(page, '未上传');
  await page.getByText('已存本机', { exact: true }).nth(3).waitFor();
  await sound(page, 'four records wait');
  const mended = word('改过的第一件事');
  await page.locator('.cards .panel', { hasText: '上报事件' }).first().getByRole('link', { name: '修改' }).click();
  await page.getByLabel('看到了什么').fill(mended);
  await page.getByRole('button', { name: '保存并上报' }).click();
  await page.locator('.did', { hasText: '已改' }).waitFor();
  for (const w of words) assert.deepEqual(await casesWith(w), [], 'nothing has reached the server');

  await page.context().setOffline(false);
  await allSent(page);
  const [first, ...others] = words;
  assert.deepEqual(await casesWith(first), []);
  for (const w of [mended, ...others]) assert.equal((await casesWith(w, 'any')).length, 1, `${w} is there, once`);
  const { items: visits } = await who.get(`/visits?home=${home}`);
  assert.deepEqual(visits.filter((v) => v.note === note).map((v) => v.by), [who.name], 'the visit is there, once');
  assert.deepEqual(await casesWith(half), [], 'a draft is not sent');
  assert.equal((await line(page)).waiting, 0);
});
