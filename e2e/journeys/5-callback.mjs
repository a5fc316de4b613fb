import assert from 'node:assert/strict';
import { act, as, detail, resolved, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

/** Verified cases that wait for a call, so that the draw finds some. */
async function waiting(n) {
  const made = [];
  for (let i = 0; i < n; i++) {
    const c = await resolved(word('路灯不亮'));
    await act('community', c.id, 'verify_pass', { note: '现场看过。' });
    made.push(c.id);
  }
  return made;
}

journey('the call-back seat draws and records solved and unsolved by keys', async (desk) => {
  await waiting(6);
  await as('callback').post('/callbacks/draw', { n: 5 });
  const page = await desk.open('callback', '/callbacks');
  const drawn = page.waitForResponse((r) => r.url().endsWith('/callbacks/draw') && r.ok());
  await page.getByRole('button', { name: '再抽 5 件' }).click();
  await drawn;
  await page.locator('.call-list li').nth(1).waitFor();
  await page.locator('.call:focus').waitFor();
  await page.locator('.call .ask-now').waitFor();
  await sound(page, 'call-backs');

  const call = async (...keys) => {
    const id = Number((await page.locator('.call header a').getAttribute('href')).split('/').pop());
    for (const k of keys) await page.keyboard.press(k);
    const answered = page.waitForResponse((r) => r.url().endsWith(`/cases/${id}/actions`) && r.ok());
    await page.keyboard.press('Enter');
    await answered;
    await page.waitForFunction(
      (was) => !document.querySelector('.call header a')?.getAttribute('href')?.endsWith(`/${was}`),
      id,
    );
    return detail('leader', id);
  };
  await page.keyboard.press('p');
  await page.locator('.dial-number').waitFor();
  const good = await call('y', 'y', '5');
  assert.ok(['closed', 'verified'].includes(good.case.status), good.case.status);
  await page.locator('.call .ask-now').waitFor();
  const bad = await call('y', 'n', '1');
  assert.equal(bad.case.redos, 1, 'unsolved goes back to be done again');
  assert.ok(!['closed', 'archived', 'verified'].includes(bad.case.status), bad.case.status);
});
