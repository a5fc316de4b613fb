import assert from 'node:assert/strict';
import { act, as, base, me, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

const v2 = `${base}/open311/v2`;

/** A call of another program: status and body. */
async function open311(path, form) {
  const res = await fetch(`${v2}/${path}`, form ? { method: 'POST', body: new URLSearchParams(form) } : {});
  return { status: res.status, body: await res.json() };
}

journey('another program gets a key, reports, and sees the end of the matter', async (desk) => {
  const login = word('prog').toLowerCase();
  const page = await desk.open('security', '/admin/keys?id=new');
  await page.locator('#name').fill('湖滨物业系统');
  await page.locator('#login').fill(login);
  await page.locator('#role').fill('接口客户端');
  await page.keyboard.press('Enter');
  await page.locator('#region').click();
  await page.locator('.ant-select-tree-title', { hasText: (await me('security')).city.name }).first().click();
  await page.getByRole('button', { name: '新增账号' }).click();
  await page.getByRole('button', { name: '签发密钥' }).click();
  await page.getByLabel('用途').fill('报修');
  await page.getByRole('dialog').getByRole('button', { name: '签发密钥' }).click();
  const key = await page.getByRole('textbox', { name: '接口密钥', exact: true }).inputValue();
  assert.match(key, /^linli_[a-z2-7]{32}$/);
  await page.getByRole('button', { name: '已记下' }).click();
  await page.getByText('报修', { exact: true }).waitFor();
  await sound(page, 'keys');

  const place = (await me('community')).posts[0].region;
  const text = word('门禁打不开');
  assert.equal((await open311('requests.json', { service_code: 'E0907', address_id: place })).status, 403);
  assert.equal((await open311('requests.json', { api_key: key, service_code: 'E0801', address_id: place })).status, 400);
  const made = await open311('requests.json', { api_key: key, service_code: 'E0907', address_id: place, description: text });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const number = made.body[0].service_request_id;
  const again = await open311('requests.json', { api_key: key, service_code: 'E0907', address_id: place, description: text });
  assert.equal(again.body[0].service_request_id, number);

  const { items } = await as('dispatcher').get(`/cases?q=${number}`);
  assert.equal(items.length, 1);
  assert.equal(items[0].channel, 'open311');
  const id = items[0].id;
  const lead = (await me('handler')).posts[0].org.id;
  await act('dispatcher', id, 'file');
  await act('dispatcher', id, 'dispatch', { lead });
  await act('handler', id, 'sign');
  await act('handler', id, 'resolve', { result: '已更换门禁电源' });
  let [seen] = (await open311(`requests/${number}.json?api_key=${key}`)).body;
  assert.equal(seen.status, 'open', 'the unit’s word is not the end');
  await act('dispatcher', id, 'verify_pass');
  [seen] = (await open311(`requests/${number}.json?api_key=${key}`)).body;
  assert.equal(seen.status, 'closed');
  assert.match(seen.status_notes, /已更换门禁电源/);
  assert.equal(seen.description, text);
  const updates = (await open311(`servicerequestupdates.json?api_key=${key}`)).body.filter((u) => u.service_request_id === number);
  assert.equal(updates.at(-1).status, 'CLOSED');

  await page.getByRole('button', { name: /撤\s*销/ }).click();
  await page.getByRole('tooltip').getByRole('button', { name: /撤\s*销/ }).click();
  await page.getByText('已撤销').first().waitFor();
  assert.equal((await open311(`requests/${number}.json?api_key=${key}`)).status, 403);
});
