import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { journey, sound } from '../lib/desk.mjs';

/** The parts of a zip file, read by its central directory. */
function unzip(b) {
  const end = b.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end > 0, 'a zip file has an end record');
  const parts = new Map();
  let at = b.readUInt32LE(end + 16);
  for (let n = b.readUInt16LE(end + 10); n > 0; n--) {
    const [method, size] = [b.readUInt16LE(at + 10), b.readUInt32LE(at + 20)];
    const [name, extra, note] = [28, 30, 32].map((o) => b.readUInt16LE(at + o));
    const from = b.readUInt32LE(at + 42);
    const start = from + 30 + b.readUInt16LE(from + 26) + b.readUInt16LE(from + 28);
    const raw = b.subarray(start, start + size);
    parts.set(b.toString('utf8', at + 46, at + 46 + name), method ? inflateRawSync(raw) : raw);
    at += 46 + name + extra + note;
  }
  return parts;
}

// same holds a figure and the count of its rows equal. Other journeys report
// cases meanwhile, so a difference is looked at again before it counts.
async function same(page, open) {
  for (let tries = 1; ; tries++) {
    const n = await open();
    const rows = page.locator('.cases-foot', { hasText: new RegExp(`${n} 件`) });
    try {
      return await rows.waitFor({ timeout: 10_000 });
    } catch (e) {
      if (tries === 3) throw e;
    }
  }
}

journey('leader opens the rows of a figure and a row its case', async (desk) => {
  const page = await desk.open('leader', '/cockpit');
  await page.locator('.tile').nth(5).waitFor();
  await page.locator('canvas.maplibregl-canvas').waitFor();
  await page.locator('.cockpit-by tbody tr').first().waitFor();
  await sound(page, 'cockpit');
  await same(page, async () => {
    await page.goto(new URL('/desk/cockpit', page.url()).href);
    const big = page.locator('.tile').first().locator('a.tile-value');
    await big.waitFor();
    const n = Number((await big.innerText()).replace(/\D/g, ''));
    assert.ok(n > 0);
    await big.click();
    return n;
  });
  await sound(page, 'rows of a figure');
  await page.locator('tbody tr').first().click();
  await page.locator('.cases-pane .case-title').waitFor();
});

for (const i of [2, 3, 4, 5]) {
  journey(`the parts of figure ${i + 1} count as many rows as it says`, async (desk) => {
    const page = await desk.open('leader', '/cockpit');
    const foot = page.locator('.tile').nth(i).locator('.tile-foot a');
    await foot.first().waitFor();
    for (let k = 0; k < (await foot.count()); k++) {
      await same(page, async () => {
        await page.goto(new URL('/desk/cockpit', page.url()).href);
        await foot.nth(k).waitFor();
        const n = Number((await foot.nth(k).textContent()).replace(/\D/g, ''));
        await page.goto(new URL(await foot.nth(k).getAttribute('href'), page.url()).href);
        return n;
      });
      await page.goto(new URL('/desk/cockpit', page.url()).href);
      await foot.first().waitFor();
    }
  });
}

journey('leader takes tables away as Excel files', async (desk) => {
  const page = await desk.open('leader', '/cockpit');
  await page.locator('.cockpit-by tbody tr').first().waitFor();
  const [table] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.cockpit-by').getByText('导出 Excel').click(),
  ]);
  const parts = unzip(readFileSync(await table.path()));
  assert.ok(parts.has('[Content_Types].xml') && parts.has('xl/workbook.xml'));
  assert.match(parts.get('xl/worksheets/sheet1.xml').toString(), /<row/);
  await page.goto('/desk/cases?open=true');
  await page.locator('tbody tr').first().waitFor();
  const link = page.getByRole('link', { name: '导出 Excel' });
  const [rows] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.match(unzip(readFileSync(await rows.path())).get('xl/worksheets/sheet1.xml').toString(), /<row/);
});

journey('leader reads a definition and the list instead of the map', async (desk) => {
  const page = await desk.open('leader', '/cockpit');
  await page.locator('.tile .explain').first().click();
  await page.locator('.definition').waitFor();
  await sound(page, 'definition of a figure');
  await page.keyboard.press('Escape');
  await page.getByText('列表', { exact: true }).first().click();
  await page.locator('.cockpit table').first().waitFor();
});
