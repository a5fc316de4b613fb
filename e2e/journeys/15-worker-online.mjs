import assert from 'node:assert/strict';
import { as, category, detail, resolved, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';
import { allSent, begin, casesWith, door, fine, gridworker, line, report, tab } from '../lib/phone.mjs';

journey('a grid worker’s day with a network', async (desk) => {
  const done = word('路灯已修好');
  const c = await resolved(done);
  const page = await desk.open('', '/worker/', { size: 'phone', door: true });
  await sound(page, 'signing in');
  await begin(page, gridworker);
  const before = await line(page);
  assert.ok(before.todo >= 1, 'the case to verify is to do');
  assert.equal(before.waiting, 0);
  await sound(page, 'today');

  // What is due first, if this day has anything; then any door.
  await page.getByRole('button', { name: '地图' }).or(page.getByText('今天没有要走的')).first().waitFor();
  if (before.visited < before.visits) {
    await page.getByRole('button', { name: '地图' }).click();
    await page.locator('.pin').first().click();
    await sound(page, 'the map');
    await page.getByRole('button', { name: '清单' }).click();
    await page.locator('.building > ul .row').first().click();
    await sound(page, 'a stop with something due');
    await fine(page);
    await page.locator('.actions .primary').waitFor();
    await page.getByRole('link', { name: '返回' }).click();
    assert.equal((await line(page)).visited, before.visited + 1, 'the line counts the visit at once');
  }
  const home = await door(page, 3);
  const wish = word('想问助餐点怎么办理');
  await page.getByLabel('心愿或代办').fill(wish);
  await page.getByRole('button', { name: '录音' }).click();
  await page.getByRole('button', { name: /^停止/ }).click({ delay: 400 });
  await page.locator('audio').waitFor();
  await fine(page);
  await sound(page, 'a door with its record');
  await page.getByRole('link', { name: '返回' }).click();
  await page.getByRole('link', { name: '返回' }).click();

  // Verify what a unit says is done.
  await tab(page, '事件');
  await sound(page, 'cases');
  await page.getByRole('link', { name: new RegExp(done) }).click();
  await page.locator('h1', { hasText: done }).waitFor();
  await sound(page, 'a case');
  await page.getByRole('button', { name: '核查通过' }).click();
  await sound(page, 'a step of a case');
  await page.getByRole('button', { name: '保存' }).click();
  await page.locator('.did', { hasText: '核查通过' }).waitFor();
  await page.getByText('等服务器受理').waitFor();
  await page.getByRole('link', { name: '返回' }).click();
  assert.equal((await line(page)).todo, before.todo - 1, 'the line counts the step at once');

  // Found on the way: to the street with a photo; and one taken back at once.
  const found = word('楼道堆物堵住通道');
  await report(page, found, { photo: true });
  const slip = word('点错了的上报');
  await report(page, slip);
  await page.getByRole('button', { name: /撤销/ }).click();
  await page.locator('.did', { hasText: '已撤销' }).waitFor();

  // Settled on the spot.
  const cat = await category((x) => x.onsite_allowed && !x.evidence?.found && !x.evidence?.resolved);
  const spot = word('小广告当场清理');
  await report(page, spot, { category: cat.name, onsite: '已清理干净' });
  await tab(page, '未上传');
  await sound(page, 'what is not sent');
  await allSent(page);

  // Closed at once unless it was drawn for a call-back.
  assert.match((await detail('dispatcher', c.id)).case.status, /^(verified|closed)$/);
  const [street] = await casesWith(found, 'any');
  assert.equal(street.channel, 'grid_worker');
  assert.equal((await detail('dispatcher', street.id)).files.length, 1, 'the photo hangs on the case');
  assert.deepEqual((await casesWith(spot, 'closed')).map((x) => x.status), ['closed']);
  const { items: visits } = await as('gridworker').get(`/visits?home=${home}`);
  assert.deepEqual(visits.filter((v) => v.wish === wish).map((v) => v.outcome), ['fine'], 'the visit is there, once');
  const spoken = visits.find((v) => v.wish === wish).files.map((f) => [f.name, f.type]);
  assert.deepEqual(spoken, [['录音 1.webm', 'audio/webm']], 'with what was said at the door');
  assert.deepEqual(await casesWith(slip), [], 'what was undone was never sent');
  await sound(page, 'nothing waits');
  assert.equal((await line(page)).waiting, 0);

  // The register and the person's own page.
  await tab(page, '住户');
  await sound(page, 'homes');
  await tab(page, '我的');
  await page.getByLabel('200%').check();
  await page.getByLabel('深色').check();
  await sound(page, 'own page, 200 %, dark');
  for (const name of ['今日', '事件', '住户', '未上传']) {
    await tab(page, name);
    await sound(page, `${name}, 200 %, dark`);
  }
});

journey('the phone’s pages in English', async (desk) => {
  const page = await desk.open('', '/worker/', { size: 'phone', door: true, lang: 'en' });
  await page.getByLabel('Account').fill(gridworker.login);
  await page.getByLabel('Password').fill(gridworker.password);
  await page.keyboard.press('Enter');
  await page.getByLabel('New PIN').fill('111111');
  await page.getByLabel('Once more').fill('111111');
  await page.keyboard.press('Enter');
  await page.getByText('Too easy to guess').waitFor();
  await page.getByLabel('New PIN').fill('739105');
  await page.getByLabel('Once more').fill('739105');
  await page.keyboard.press('Enter');
  await page.locator('.line', { hasText: /^Visits \d+\/\d+ · To do \d+ · Overdue \d+ · To send 0$/ }).waitFor();
  await sound(page, 'today in English');
  await page.getByRole('link', { name: 'Me', exact: true }).click();
  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await page.getByLabel('PIN').fill('000111');
  await page.keyboard.press('Enter');
  await page.getByText('Wrong PIN').waitFor();
  await sound(page, 'locked');
  await page.getByLabel('PIN').fill('739105');
  await page.keyboard.press('Enter');
  await page.locator('.tabs').waitFor();
});
