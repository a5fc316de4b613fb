import assert from 'node:assert/strict';
import { act, as, category, detail, dispatched, me, report, word } from '../lib/api.mjs';
import { form, journey, sound } from '../lib/desk.mjs';

/** Begins an action from the keyboard alone: its button, or its line behind 更多. */
async function choose(page, name) {
  await page.locator('.case-title').first().waitFor();
  const actions = page.locator('.case-actions');
  const button = actions.getByRole('button', { name, exact: true });
  await actions.getByRole('button').first().waitFor();
  if (await button.count()) {
    await button.focus();
    await page.keyboard.press('Enter');
  } else {
    await actions.getByRole('button', { name: '更多', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
  }
  await form(page).waitFor();
  return form(page);
}

/** Sends the form in front by the keyboard and waits until it is gone. */
async function sendByKey(page) {
  const dialog = form(page);
  await dialog.locator('.ant-modal-footer .ant-btn-primary').focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
}

/** Takes the first choice of a select that the words leave. */
async function pickFirst(page, box, words) {
  await box.fill(words);
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: words }).first().waitFor();
  await page.keyboard.press('Enter');
}

const day = (n) => new Date(Date.now() + n * 86_400_000).toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' });

journey('triage sends somebody to look, who answers on a phone', async (desk) => {
  const c = await report('operator', word('外墙脱落'));
  const page = await desk.open('dispatcher', `/cases/${c.id}`);
  const d = await choose(page, '先到现场核实');
  await d.locator('#note').fill('请看看是否还会掉落。');
  await sound(page, 'asking for a check');
  await sendByKey(page);
  await page.locator('.flags', { hasText: '待现场核实' }).first().waitFor();
  await page.locator('.why-not summary').click();
  await page.getByText('正在等待现场核实的反馈').first().waitFor();

  const phone = await desk.open('gridworker', '/cases?flag=checking', { size: 'phone' });
  await phone.getByText(c.title).first().click();
  const answer = await choose(phone, '反馈核实情况');
  await answer.getByText('是', { exact: true }).click();
  await answer.locator('#note').fill('确有脱落，已拉警戒线。');
  await sound(phone, 'answering a check');
  await sendByKey(phone);
  const now = await detail('dispatcher', c.id);
  assert.ok(!now.case.flags.includes('checking'));
  assert.equal(now.timeline.at(-1).fields.found, true);
});

journey('a case names the unit that it complains about and does not go there', async (desk) => {
  const org = (await me('handler')).posts[0].org;
  const cat = await category((c) => !c.evidence?.resolved && !c.evidence?.found);
  const c = await report('operator', word('执法不规范'), { against: org.id, category_id: cat.id });
  await act('dispatcher', c.id, 'file', { category_id: cat.id });
  const page = await desk.open('dispatcher', `/cases/${c.id}`);
  await page.locator('.facts', { hasText: org.name }).first().waitFor();
  const refused = await act('dispatcher', c.id, 'dispatch', { lead: org.id }).then(
    () => '',
    (e) => String(e.message ?? e),
  );
  assert.match(refused, /被反映|422/);
});

journey('merge and split from the keyboard', async (desk) => {
  const words = word('路口积水');
  const main = await report('operator', `${words}甲`);
  const same = await report('operator', `${words}乙`);
  const page = await desk.open('dispatcher', `/cases/${same.id}`);
  await choose(page, '并入');
  await pickFirst(page, form(page).locator('#into'), main.number);
  await sound(page, 'form of a merge');
  await sendByKey(page);
  await page.locator('.case-head .status', { hasText: '已并案' }).waitFor();
  assert.equal((await detail('dispatcher', main.id)).case.supporters, 2);

  await page.goto(`/desk/cases/${main.id}`);
  const d = await choose(page, '拆分');
  await d.getByRole('textbox', { name: /内容|事项/ }).first().fill('积水路段的井盖也松了');
  await sound(page, 'form of a split');
  await sendByKey(page);
  const split = (await detail('dispatcher', main.id)).links.filter((l) => l.relation === 'split_to');
  assert.equal(split.length, 1);
});

journey('suspension and the second return are decided by the named people', async (desk) => {
  const c = await dispatched(word('河岸护坡'));
  await act('handler', c.id, 'sign');
  const unit = await desk.open('handler', `/cases/${c.id}`);
  const d = await choose(unit, '申请挂账');
  await d.locator('#reason').fill('汛期不能施工，待水位下降。');
  await d.locator('#review').fill(day(20));
  await sound(unit, 'form of a suspension');
  await sendByKey(unit);
  const chief = await desk.open('chief', `/cases/${c.id}`);
  await chief.locator('.request-open').getByRole('button', { name: '同意申请', exact: true }).focus();
  await chief.keyboard.press('Enter');
  await sendByKey(chief);
  await chief.getByText('汛期不能施工').first().waitFor();
  assert.equal((await detail('handler', c.id)).case.clock.state, 'paused');

  await act('handler', c.id, 'resume');
  const other = (await as('desk').get('/orgs')).items.find((o) => o.id !== c.org.id && o.region === '990101');
  await act('handler', c.id, 'return', { reason: '不属于本单位职责', proposed: other.id });
  await act('chief', c.id, 'approve');
  await act('dispatcher', c.id, 'dispatch', { lead: c.org.id });
  await act('handler', c.id, 'return', { reason: '仍不属于本单位职责', proposed: other.id });
  const arbiter = await desk.open('desk', `/cases/${c.id}`);
  await arbiter.locator('.request-open').getByRole('button', { name: '同意申请', exact: true }).focus();
  await arbiter.keyboard.press('Enter');
  await pickFirst(arbiter, form(arbiter).locator('#lead'), other.name);
  await sound(arbiter, 'form of an arbitration');
  await sendByKey(arbiter);
  const now = (await detail('desk', c.id)).case;
  assert.equal(now.status, 'dispatched');
  assert.equal(now.lead.id, other.id);
});
