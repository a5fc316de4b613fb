import assert from 'node:assert/strict';
import { detail, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';
import { allSent, begin, casesWith, line, otherWorker, report, tab, unlock } from '../lib/phone.mjs';

journey('two grid workers on one phone: what waits stays its author’s', async (desk) => {
  const [first, second] = [await otherWorker(2), await otherWorker(3)];
  const page = await desk.open('', '/worker/', { size: 'phone', door: true });
  desk.expect(/ERR_INTERNET_DISCONNECTED/);
  await begin(page, first);
  await page.context().setOffline(true);
  const hers = word('第一位网格员的发现');
  await report(page, hers);
  await tab(page, '我的');
  await page.getByRole('button', { name: '退出，换人使用' }).click();
  await page.getByText('还有 1 条待上传').waitFor();
  await sound(page, 'handing over');
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByText('1 条记录待上传').first().waitFor();
  await sound(page, 'who is next');
  await page.context().setOffline(false);

  await begin(page, second);
  assert.equal((await line(page)).waiting, 0, 'the other’s record is not seen');
  const his = word('第二位网格员的发现');
  await report(page, his);
  await allSent(page);
  assert.deepEqual(await casesWith(hers), [], 'nobody sends for another person');

  await tab(page, '我的');
  await page.getByRole('button', { name: '退出，换人使用' }).click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByRole('button', { name: new RegExp(first.name) }).click();
  await unlock(page);
  await allSent(page);
  for (const [words, who] of [[hers, first], [his, second]]) {
    const [c, ...more] = await casesWith(words, 'any');
    assert.deepEqual(more, []);
    const reported = (await detail('leader', c.id)).timeline.find((s) => s.actor);
    assert.equal(reported.actor.name, who.name);
  }
});
