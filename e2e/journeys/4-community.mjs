import assert from 'node:assert/strict';
import { category, detail, resolved, word } from '../lib/api.mjs';
import { journey, send, sound } from '../lib/desk.mjs';

for (const size of ['desktop', 'phone']) {
  journey(`community worker verifies on the spot, ${size}`, async (desk) => {
    const words = word('单元门禁坏了');
    const c = await resolved(words);
    const page = await desk.open('community', '/', { size });
    await page.getByText('待核查').first().waitFor();
    await sound(page, 'home of the community');
    await page.goto(new URL('/desk/cases?status=resolved', page.url()).href);
    await page.getByText(words).first().click();
    await page.locator('.case-title', { hasText: words }).waitFor();
    await page.locator('.case-actions').getByRole('button', { name: '核查通过' }).click();
    await send(page, async (d) => {
      const text = d.locator('textarea').first();
      if (await text.count()) await text.fill('现场看过，已修好。');
      await sound(page, 'form of verifying');
    });
    assert.ok(['verified', 'closed'].includes((await detail('community', c.id)).case.status));
  });

  journey(`grid worker reports and closes on the spot, ${size}`, async (desk) => {
    const page = await desk.open('gridworker', '/cases/new', { size });
    const words = word('楼道堆了纸箱');
    await page.locator('#text').fill(words);
    await page.locator('#place').pressSequentially('荷塘壹号');
    await page.locator('.ant-select-item-option', { hasText: '荷塘壹号' }).first().click();
    await page.locator('.place-says .tone-done').waitFor();
    await page.getByLabel('已当场办好，登记并办结').check();
    await page.getByRole('button', { name: '登记并办结' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('当场办结请先选择类别').waitFor();
    const cat = await category((c) => c.onsite_allowed && !c.evidence?.found && !c.evidence?.resolved);
    await page.locator('#category_id').fill(cat.name);
    await page.locator('.ant-select-item-option', { hasText: cat.name }).first().click();
    await page.getByLabel('怎样办好的').fill('与住户一起搬走，楼道已畅通。');
    await sound(page, 'intake of a grid worker');
    await page.getByRole('button', { name: '登记并办结' }).click();
    const filed = page.locator('.intake-filed');
    await filed.waitFor();
    await filed.getByRole('link').click();
    await page.locator('.case-title', { hasText: words }).waitFor();
    await page.locator('.case-head .status', { hasText: /已办结|待核查/ }).waitFor();
    await page.locator('.case-body').getByText('与住户一起搬走，楼道已畅通。').first().waitFor();
  });
}

journey('who handled it cannot verify it', async (desk) => {
  const c = await resolved(word('路牌倒了'));
  const page = await desk.open('handler', `/cases/${c.id}`);
  await page.locator('.case-title').waitFor();
  assert.equal(await page.locator('.case-actions').getByRole('button', { name: '核查通过' }).count(), 0);
});
