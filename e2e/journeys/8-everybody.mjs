import assert from 'node:assert/strict';
import { base, dispatched, password, word } from '../lib/api.mjs';
import { form, journey, sound } from '../lib/desk.mjs';

journey('a case page says all in one look', async (desk) => {
  const words = word('消防通道被占');
  const c = await dispatched(words);
  const page = await desk.open('dispatcher', `/cases/${c.id}`);
  await page.locator('.case-title', { hasText: words }).waitFor();
  const whole = page.locator('main');
  for (const part of ['反映内容', '地点', '办理单位与时限', '反映人', '全过程'])
    await whole.getByRole('heading', { name: part }).waitFor();
  await whole.getByText(c.org.name).first().waitFor();
  await whole.getByText(/还剩 .*到期/).first().waitFor();
  await whole.getByText('陈**').first().waitFor();
  assert.ok(!(await whole.innerText()).includes('13800000001'), 'the phone number is masked');
  await page.locator('.case-body canvas').first().waitFor();
  await sound(page, 'case page');
});

journey('the language changes at once and stays', async (desk) => {
  const c = await dispatched(word('换语言'));
  const page = await desk.open('unitlead', `/cases/${c.id}`);
  await page.locator('.case-title').waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: '中文' }).waitFor();
  await page.waitForFunction(() => document.documentElement.lang.startsWith('en'));
  await page.getByRole('heading', { name: /history/i }).waitFor();
  await sound(page, 'case page in English');
  await page.reload();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '全过程' }).waitFor();
  await page.waitForFunction(() => document.documentElement.lang.startsWith('zh'));
});

journey('a session that ended asks for the password over the page and keeps what was typed', async (desk) => {
  desk.expect(/401/);
  desk.expect(/409|stream/);
  const c = await dispatched(word('会话失效'));
  const page = await desk.open('dispatcher', `/cases/${c.id}`);
  await page.locator('.case-actions').getByRole('button', { name: '催办' }).click();
  await form(page).locator('textarea').fill('请今天到场');
  const gone = await page.context().request.delete(`${base}/api/v1/session`);
  assert.ok(gone.ok());
  await form(page).locator('.ant-modal-footer .ant-btn-primary').click();
  const ask = page.getByRole('dialog', { name: '请重新登录' });
  await ask.waitFor();
  await sound(page, 'sign in again');
  await ask.locator('#password').fill(password);
  await ask.getByRole('button', { name: /登\s?录/ }).click();
  await ask.waitFor({ state: 'hidden' });
  const d = page.getByRole('dialog', { name: /催办/ });
  assert.equal(await d.locator('textarea').inputValue(), '请今天到场');
  await d.locator('.ant-modal-footer .ant-btn-primary').click();
  await d.waitFor({ state: 'hidden' });
  await page.locator('.case-body').getByText('请今天到场').first().waitFor();
});

journey('without a network the page says so and goes on later', async (desk) => {
  desk.expect(/ERR_INTERNET_DISCONNECTED|Failed to fetch|Worker failed to load/);
  const page = await desk.open('operator', '/cases/new');
  await page.locator('#text').fill(word('断网时写的'));
  await page.context().setOffline(true);
  await page.getByText('网络已断开').waitFor();
  await sound(page, 'offline message');
  await page.context().setOffline(false);
  await page.getByText('网络已断开').waitFor({ state: 'detached' });
  await page.reload();
  assert.match(await page.locator('#text').inputValue(), /断网时写的/);
});

journey('search finds by the / key and by number', async (desk) => {
  const c = await dispatched(word('检索'));
  const page = await desk.open('dispatcher', '/cases?open=true');
  await page.locator('tbody tr').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(c.number);
  await page.locator('.ant-select-item-option', { hasText: c.number }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/cases/${c.id}`));
});

journey('a page that is not there, or not for this person, says so', async (desk) => {
  const page = await desk.open('operator', '/admin/accounts');
  await page.getByText('没有找到这一页').waitFor();
  await sound(page, 'no such page');
});
