import assert from 'node:assert/strict';
import { as, me } from '../lib/api.mjs';
import { form, journey, sound } from '../lib/desk.mjs';

/** The community of the demo people's district with most grids: there is something to move there. */
async function largest() {
  const district = (await me('desk')).posts[0].region;
  const { items } = await as('planner').get(`/plan-communities?region=${district}`);
  return items.sort((a, b) => b.grids - a.grids)[0];
}

/** The page's sentence that says which version was saved. */
const saved = (page, n) => page.getByText(`已保存，第 ${n} 版`).waitFor();

const tab = (page, name) => page.locator('.draft-side .ant-segmented-item', { hasText: name }).click();

journey(
  'planner has grids planned, edits a draft, two others approve it, admin publishes it and takes it back',
  async (desk) => {
    const c = await largest();
    const page = await desk.open('planner', '/planning');
    await page.getByRole('button', { name: '新建规划' }).click();
    await page.getByLabel('规划名称').fill('试点网格调整');
    await page.getByLabel(c.name, { exact: true }).check();
    await page.getByRole('button', { name: '建立规划' }).click();
    await page.waitForURL(/planning\/\d+$/);
    await page.getByLabel('总用时上限').fill('4');
    await page.getByRole('button', { name: '开始计算' }).click();
    const table = page.locator('.compare-table');
    await table.locator('thead th a').nth(3).waitFor(); // each plan stands there as soon as it is found
    assert.equal(await table.locator('thead th a').count(), 4, 'four plans side by side');
    await page.locator('.two-maps canvas').nth(1).waitFor();
    await sound(page, 'comparison of plans');

    await page.locator('.copy-one', { hasText: '少变动' }).getByRole('button').click();
    await form(page).getByLabel('草稿名称').fill('第一稿');
    await form(page).getByRole('button', { name: /保\s*存/ }).click();
    await page.waitForURL(/planning\/drafts\/\d+$/);
    await saved(page, 0);

    // The list does what the map does: two grids become one, and one becomes two again.
    await tab(page, '清单');
    await page.locator('.grid-list tbody .ant-checkbox-input').nth(0).check();
    await page.locator('.grid-list tbody .ant-checkbox-input').nth(1).check();
    await tab(page, '修改');
    await page.getByRole('button', { name: /合\s*并/ }).click();
    await saved(page, 1);
    await page.locator('.effect').getByText('网格数').waitFor();
    await page.locator('.citymap-canvas').click({ position: { x: 300, y: 80 } });
    await page.keyboard.press('Control+z');
    await saved(page, 2);
    await page.keyboard.press('Control+y');
    await saved(page, 3);
    await page.reload(); // nothing is lost
    await saved(page, 3);
    await tab(page, '清单');
    const bad = page.locator('.grid-list tbody tr', { hasText: '超出范围' });
    await bad.first().locator('.ant-checkbox-input').check();
    await tab(page, '修改');
    await page.getByLabel(/可以超出范围的理由/).fill('两格合并管理，试点一年');
    await page.getByRole('button', { name: '保存理由' }).click();
    await saved(page, 4);
    await sound(page, 'editing');

    await tab(page, '审批');
    await page.getByLabel('理由').fill('征求过社区意见');
    await page.getByRole('button', { name: /送\s*审/ }).click();
    await page.getByText('已有 0 人批准').waitFor();
    const path = new URL(page.url()).pathname.replace('/desk', '');

    for (const [role, then] of [
      ['leader', '已有 1 人批准'],
      ['desk', '两人已批准'],
    ]) {
      const other = await desk.open(role, path);
      await other.getByLabel('理由').fill('同意');
      await other.getByRole('button', { name: /批\s*准/ }).click();
      await other.getByText(then).waitFor();
      if (role === 'leader') await sound(other, 'approval');
    }
    const admin = await desk.open('admin', path);
    await admin.getByRole('button', { name: /发\s*布/ }).click();
    await admin.locator('.ant-modal-confirm .ant-btn-primary').click();
    await admin.getByText(/起生效。生效前可以撤回/).waitFor();
    const [file] = await Promise.all([
      admin.waitForEvent('download'),
      admin.getByRole('link', { name: /GeoJSON/ }).click(),
    ]);
    assert.match(file.suggestedFilename(), /\.geojson$/);
    await admin.getByLabel('理由').fill('改期');
    await admin.getByRole('button', { name: '撤回发布' }).click();
    await admin.getByText('两人已批准').waitFor();
  },
  { timeout: 240_000 },
);

journey('planner starts from a list of buildings and sees what is wrong with it', async (desk) => {
  const c = await largest();
  const page = await desk.open('planner', '/planning/new');
  await page.getByLabel('规划名称').fill('按楼栋表规划');
  await page.getByLabel(c.name, { exact: true }).check();
  await page.locator('.new-source .ant-segmented-item', { hasText: '上传的楼栋表' }).click();
  const info = await as('planner').get('/map/info');
  const { items } = await as('planner').get(`/places?q=${encodeURIComponent(c.name)}&limit=5`);
  const at = items.find((i) => i.code === c.code);
  const rows = ['编号,名称,户数,经度,纬度'];
  for (let i = 0; i < 9; i++)
    rows.push(`b${i},${i + 1}号楼,100,${at.lon + (i % 3) * 4e-4},${at.lat + Math.floor(i / 3) * 4e-4}`);
  rows.push(`b0,重复的楼,100,${at.lon},${at.lat}`, `far,外地的楼,100,${info.bbox[0] - 1},${info.bbox[1] - 1}`);
  await page.setInputFiles('#plan-file', { name: '楼栋.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await sound(page, 'list of buildings');
  await page.getByRole('button', { name: '建立规划' }).click();
  await page.waitForURL(/planning\/\d+$/);
  await page.locator('.remarks summary').click();
  await page.locator('.remarks tr', { hasText: '12' }).waitFor();
  assert.ok((await page.locator('.remarks tr').count()) >= 2);
  await sound(page, 'data check');
});

journey('planner looks at plans on a phone', async (desk) => {
  const { items } = await as('planner').get('/plans');
  const plan = await as('planner').get(`/plans/${items.at(-1).id}`);
  for (const path of ['/planning', '/planning/new', `/planning/${plan.id}`, ...plan.drafts.slice(0, 1).map((d) => `/planning/drafts/${d.id}`)]) {
    const page = await desk.open('planner', path, { size: 'phone' });
    await page.locator('h1').first().waitFor();
    await sound(page, `${path} on a phone`);
  }
});
