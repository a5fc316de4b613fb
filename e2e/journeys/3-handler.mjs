import assert from 'node:assert/strict';
import { act, detail, dispatched, word } from '../lib/api.mjs';
import { form, journey, send, sound } from '../lib/desk.mjs';

const day = (n) => new Date(Date.now() + n * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10);
const button = (page, name) => page.locator('.case-actions').getByRole('button', { name, exact: true });

/** A photo as a phone makes it, drawn by the browser. */
async function photo(page) {
  const base64 = await page.evaluate(() => {
    const c = document.createElement('canvas');
    c.width = 640;
    c.height = 480;
    const g = c.getContext('2d');
    for (let i = 0; i < 40; i++) {
      g.fillStyle = `hsl(${i * 9} 60% 50%)`;
      g.fillRect(i * 16, 0, 16, 480);
    }
    return c.toDataURL('image/jpeg', 0.9).split(',')[1];
  });
  return { name: '现场.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64') };
}

async function note(dialog, text) {
  await dialog.locator('textarea').first().fill(text);
}

for (const size of ['desktop', 'phone']) {
  journey(`handler signs, works and says it is done with a photo, ${size}`, async (desk) => {
    const words = word('暴露垃圾没人清');
    const c = await dispatched(words, (x) => x.evidence?.resolved && !x.evidence?.found);
    const page = await desk.open('handler', '/', { size });
    await page.getByText('待签收').first().waitFor();
    await sound(page, 'home of the handler');
    await page.goto(`/desk/cases/${c.id}`);
    await page.locator('.case-title', { hasText: words }).waitFor();
    await button(page, '签收').click();
    await send(page);
    await button(page, '开始办理').click();
    await send(page);
    await button(page, '已办好').click();
    const d = form(page);
    await note(d, '垃圾已清运，地面已冲洗。');
    await d.locator('.ant-modal-footer .ant-btn-primary').click();
    await d.locator('.ant-form-item-explain-error').first().waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      d.locator('#files').click(),
    ]);
    await chooser.setFiles(await photo(page));
    await d.locator('.photo-item').waitFor();
    await d.locator('.ant-modal-footer .ant-btn-primary:not([disabled])', { hasText: '已办好' }).waitFor();
    await sound(page, 'form with a photo');
    await d.locator('.ant-modal-footer .ant-btn-primary').click();
    await d.waitFor({ state: 'hidden' });
    await page.locator('.case-head .status', { hasText: '待核查' }).waitFor();
    await page.locator('.case-body img').first().waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('.case-body img')].every((i) => i.complete && i.naturalWidth > 0));
    await sound(page, 'case with a photo');
    assert.equal((await detail('handler', c.id)).case.status, 'resolved');
  });
}

journey('handler asks for more time, the chief agrees', async (desk) => {
  const words = word('围墙开裂');
  const c = await dispatched(words);
  await act('handler', c.id, 'sign');
  const page = await desk.open('handler', `/cases/${c.id}`);
  await page.locator('.case-title').waitFor();
  if (!(await button(page, '申请延期').isVisible())) await button(page, '更多').click();
  await page.getByText('申请延期', { exact: true }).last().click();
  const before = (await detail('handler', c.id)).case.clock.due_at;
  await send(page, async (d) => {
    await note(d, '需要等材料到货。');
    await d.locator('input[type=date]').fill(day(12));
    await sound(page, 'form of an extension');
  });
  await page.locator('.request-open').waitFor();

  const chief = await desk.open('chief', '/');
  await chief.getByText('待批复').first().waitFor();
  await chief.goto(`/desk/cases/${c.id}`);
  await sound(chief, 'case with a request');
  const open = chief.locator('.request-open');
  await open.getByText('需要等材料到货。').waitFor();
  await open.getByRole('button', { name: '同意申请', exact: true }).click();
  await send(chief);
  await open.waitFor({ state: 'detached' });
  assert.ok((await detail('handler', c.id)).case.clock.due_at > before, 'more time than before');
});

journey('handler returns a case that is not theirs', async (desk) => {
  const words = word('燃气表读数不对');
  const c = await dispatched(words);
  const page = await desk.open('handler', `/cases/${c.id}`);
  await page.locator('.case-title').waitFor();
  if (!(await button(page, '退单').isVisible())) await button(page, '更多').click();
  await page.getByText('退单', { exact: true }).last().click();
  await send(page, async (d) => {
    await note(d, '燃气计量由燃气公司负责。');
    const unit = d.locator('#proposed');
    if (await unit.count()) {
      await unit.fill('燃气');
      await page.locator('.ant-select-dropdown:visible .ant-select-item-option').first().click();
    }
  });
  const asked = await detail('dispatcher', c.id);
  assert.ok(asked.requests.some((r) => r.kind === 'return'), 'the return is asked for');
  const judge = asked.actions.some((a) => a.action === 'approve' && a.allowed) ? 'dispatcher' : 'chief';
  const other = await desk.open(judge, `/cases/${c.id}`);
  await other.locator('.request-open').getByRole('button', { name: '同意申请', exact: true }).click();
  await send(other);
  await other.locator('.case-head .status', { hasText: '已立案' }).waitFor();
});

journey('dispatcher is told why something cannot be done', async (desk) => {
  const c = await dispatched(word('护栏松动'));
  const page = await desk.open('dispatcher', `/cases/${c.id}`);
  await page.locator('.why-not summary').click();
  const why = page.locator('.why-not dd');
  assert.ok((await why.count()) > 0);
  for (const w of await why.allInnerTexts()) assert.ok(w.length > 3, w);
  await sound(page, 'reasons why not');
});
