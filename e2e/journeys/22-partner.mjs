import assert from 'node:assert/strict';
import { as } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

journey('the contact of an outside organisation certifies its volunteers and sees only its own rows', async (desk) => {
  const page = await desk.open('partner', '/partners');
  await page.getByRole('heading', { name: '本单位事务' }).waitFor();
  await page.getByText('即将到期').first().waitFor();
  await sound(page, 'our part');
  const due = (await as('partner').get('/partners/due')).items;
  const { id, title } = due.find((d) => d.kind === 'certify');
  await page.locator(`a[href$="/partners/sessions/${id}"]`).click();
  await page.getByRole('heading', { name: title }).waitFor();
  await page.getByRole('checkbox').first().uncheck();
  await page.getByLabel('服务人次').fill('36');
  await page.getByRole('button', { name: /认定到场和时长/ }).click();
  await page.getByText('未参加').waitFor();
  await sound(page, 'a certified session');
  const session = await as('partner').get(`/volunteers/sessions/${id}`);
  assert.equal(session.state, 'done');
  const forces = (await as('partner').get('/ledger/force')).items;
  assert.equal(forces.length, 1, 'one organisation: the own one');
  await assert.rejects(as('partner').get('/whistles'), /403/);
});

journey('somebody signs up for a session by its link, without script', async (desk) => {
  const where = ['state=open', 'day>=2026-01-01'].map((w) => `where=${encodeURIComponent(w)}`).join('&');
  const sessions = (await as('leader').get(`/ledger/volunteer_session?${where}&limit=200`)).items;
  const today = new Date().toISOString().slice(0, 10);
  const open = sessions.find((s) => s.fields.day > today);
  const page = await desk.open('', `/volunteer/${open.fields.code}`, { size: 'phone', door: true, script: false });
  await page.getByLabel('姓名').fill('林晓晨');
  await page.getByLabel('联系电话').fill('13712345678');
  await page.getByRole('button', { name: '报名' }).click();
  await page.getByText('您已报名').waitFor();
});
