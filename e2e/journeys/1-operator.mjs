import assert from 'node:assert/strict';
import { home, password, report, word } from '../lib/api.mjs';
import { journey, sound, tabTo } from '../lib/desk.mjs';

for (const size of ['desktop', 'phone']) {
  journey(`operator files a call by keyboard alone, ${size}`, async (desk) => {
    const place = await home();
    const earlier = word('楼道灯坏了');
    await report('operator', earlier);
    desk.expect(/401 (GET .*\/session|\(Unauthorized\))/);
    const page = await desk.open('', '/login', { size });
    await page.locator('#login').waitFor();
    await sound(page, 'login');
    const keys = page.keyboard;
    await tabTo(page, '#login');
    await keys.type('operator');
    await tabTo(page, '#password');
    await keys.type(password);
    await keys.press('Enter');
    await page.locator('.rail').waitFor();
    await tabTo(page, '.rail a[href$="/cases/new"]');
    await keys.press('Enter');
    await page.locator('textarea#text').waitFor();
    const words = word('三单元楼道灯不亮');
    await tabTo(page, '#text');
    await keys.type(words);
    await tabTo(page, '#place');
    await keys.type(place.address);
    await page.locator('.ant-select-item-option', { hasText: place.address }).first().waitFor();
    await keys.press('Enter');
    await page.locator('.place-says.quiet', { hasText: '荷塘社区' }).waitFor();
    await page.locator('.similar li', { hasText: earlier }).waitFor();
    await sound(page, 'intake');
    await tabTo(page, '#reporter_name');
    await keys.type('刘来电');
    await tabTo(page, '#reporter_phone');
    await keys.type('13900000002');
    await keys.press('Control+Enter');
    const filed = page.locator('.intake-filed');
    await filed.waitFor();
    assert.match(await filed.innerText(), /已登记 \d{6}-\d{6}-\d/);
    assert.equal(await page.locator('#text').inputValue(), '', 'the form is empty for the next call');
    await filed.locator('a').focus();
    await keys.press('Enter');
    await page.locator('.case-title', { hasText: words }).waitFor();
  });
}

journey('operator is told what is missing', async (desk) => {
  const page = await desk.open('operator', '/cases/new');
  await page.locator('#text').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByText('请记录反映的内容').waitFor();
  await page.getByText('请从列表中选择地点，或在地图上点选').waitFor();
});
