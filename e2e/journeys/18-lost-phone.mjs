import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { as, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';
import { begin, casesWith, gridworker, report, tab } from '../lib/phone.mjs';

journey('a lost phone is locked out, and what it had not sent is recovered', async (desk) => {
  const page = await desk.open('', '/worker/', { size: 'phone', door: true });
  desk.expect(/ERR_INTERNET_DISCONNECTED/);
  desk.expect(/40[13]/);
  const known = page.waitForRequest((r) => r.url().endsWith('/api/v1/sync/devices') && r.method() === 'POST');
  await begin(page, gridworker);
  const { id } = (await known).postDataJSON();
  await page.context().setOffline(true);
  const words = word('手机丢失前的发现');
  await report(page, words);

  // What waits leaves the phone as a file that only the server can open.
  await tab(page, '未上传');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出加密文件' }).click();
  const text = readFileSync(await (await download).path(), 'utf8');
  assert.ok(!text.includes(words), 'nothing can be read in the file');

  await as('community').post(`/sync/devices/${id}/lock`, { locked: true });
  await page.context().setOffline(false);
  await page.getByText('这部手机或账号已停用').waitFor({ timeout: 60_000 });
  await sound(page, 'locked out');
  assert.deepEqual(await casesWith(words), [], 'a locked phone sends nothing');

  const { results } = await as('community').post('/sync/recover', { file: JSON.parse(text) });
  assert.deepEqual(results.map((r) => r.state), ['applied']);
  const again = await as('community').post('/sync/recover', { file: JSON.parse(text) });
  assert.deepEqual(again.results.map((r) => r.state), ['duplicate']);
  assert.equal((await casesWith(words, 'any')).length, 1, 'recovered, once');
});
