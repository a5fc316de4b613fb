// The quarter of an HR officer: recruitment, leave with cover, the end of a contract, training, pay.
import assert from 'node:assert/strict';
import { as, base, me, word } from '../lib/api.mjs';
import { journey, row, sound } from '../lib/desk.mjs';

const staff = async () => (await as('hr').get('/staff')).items;

/** Chooses in the open form: the field by its label, the option by its words. */
async function choose(page, label, text) {
  await page.getByLabel(label, { exact: true }).click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text }).first().click();
}

/** What the interface answers somebody with a token of their own. */
async function asks(token, method, path, body) {
  const res = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body && JSON.stringify(body),
  });
  const text = await res.text();
  return { status: res.status, body: text ? JSON.parse(text) : undefined };
}

/** Signs in with a one-time password and sets an own one. */
async function firstSignIn(login, given) {
  const { body } = await asks('', 'POST', '/session', { login, password: given });
  const own = '湖边的三棵银杏 77';
  assert.equal((await asks(body.token, 'POST', '/session/password', { old: given, new: own })).status, 200);
  return (await asks('', 'POST', '/session', { login, password: own })).body.token;
}

journey('recruitment, cover, hand-over and the end of a contract', async (desk) => {
  const name = word('冬季招聘');
  const number = word('HT');
  const login = number.toLowerCase();
  const page = await desk.open('hr', '/staff/rounds');
  await page.getByRole('button', { name: '新的招聘' }).click();
  await page.getByLabel('批次名称').fill(name);
  await page.getByLabel('招聘人数').fill('1');
  await page.getByLabel('报名截止').click();
  await page.locator('.ant-picker-cell-today').click();
  await page.getByLabel('公告内容').fill('公开招聘专职网格员 1 名。');
  await sound(page, 'a new round');
  await page.getByRole('button', { name: '保存公告' }).click();
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: '发布公告' }).click();
  await page.getByText('报名中').waitFor();
  await page.getByLabel('姓名').fill('许文澜');
  await page.getByLabel('电话').fill('13912345678');
  await page.getByRole('button', { name: '登记报名' }).click();
  const candidate = row(page, '许**');
  await candidate.getByRole('button', { name: '资格通过' }).click();
  await candidate.getByLabel('考试成绩').fill('86');
  await candidate.getByRole('button', { name: '考试通过' }).click();
  await candidate.getByRole('button', { name: '拟录用' }).click();
  await candidate.getByRole('button', { name: '签订合同' }).click();
  // The grid lies where no other journey works.
  const home = (await me('gridworker')).posts[0].grid_id;
  const grids = (await staff()).filter((g) => g.workers.some((w) => w.contract && !w.away));
  const community = grids.find((g) => g.grid_id === home)?.community;
  const [here, there] = grids.filter((g) => g.community !== community);
  await choose(page, '网格', here.grid_name);
  await page.getByLabel('合同编号').fill(number);
  await page.getByLabel('登录名').fill(login);
  await sound(page, 'a contract with a candidate');
  await page.locator('form').getByRole('button', { name: '签订合同' }).click();
  await page.getByText('账号已开通').waitFor();
  await sound(page, 'a contract that was signed');
  const token = await firstSignIn(login, await page.locator('.staff-once').textContent());
  const posts = async () => (await asks(token, 'GET', '/session')).body.posts.map((p) => p.grid_id).filter(Boolean);
  assert.deepEqual(await posts(), [here.grid_id], 'the contract gives the grid');
  await row(page, '许文澜').getByText('已录用').waitFor();

  // Leave, covered by the new worker between the two days.
  const away = there.workers.find((w) => w.contract && !w.away);
  await page.goto(`/desk/staff/leave/${away.contract}`);
  await page.getByLabel('结束日期').click();
  await page.locator('.ant-picker-dropdown:visible .ant-picker-cell-today').click();
  await choose(page, '代班人', '许文澜');
  await sound(page, 'leave');
  await page.getByRole('button', { name: '登记请假' }).click();
  await page.getByRole('heading', { name: `${away.name}的交接清单` }).waitFor();
  assert.deepEqual((await posts()).sort(), [here.grid_id, there.grid_id].sort(), 'who covers sees both grids');
  await page.getByText('由许文澜代班').waitFor();
  await sound(page, 'a hand-over list');
  await page.getByPlaceholder('如钥匙、物品在哪里').fill('钥匙在社区');
  await page.getByRole('button', { name: '全部移交' }).click();
  await page.getByText('已移交给许文澜').waitFor();
  const taken = (await asks(token, 'GET', '/my/handovers')).body.items;
  assert.equal(taken[0].from.name, away.name);

  // The contract ends: out at once, the list stays.
  const mine = (await staff()).find((g) => g.grid_id === here.grid_id).workers.find((w) => w.name === '许文澜');
  assert.equal((await asks(token, 'GET', '/cases?limit=1')).status, 200);
  await page.goto(`/desk/staff/handover/${mine.contract}`);
  await page.getByRole('button', { name: '结束合同' }).click();
  await page.getByText('立即收回').waitFor();
  await page.getByLabel('理由').fill('本人辞职');
  await sound(page, 'the end of a contract');
  await page.locator('form').getByRole('button', { name: '结束合同' }).click();
  await page.getByText('合同已结束').waitFor();
  const left = await posts();
  assert.ok(!left.includes(here.grid_id), 'the grid of the contract is gone');
});

journey('training: planned, attended, and what each still needs', async (desk) => {
  const page = await desk.open('hr', '/staff/training');
  const before = await as('hr').get('/staff/training');
  const course = before.courses.find((c) => c.required && c.pass && c.open) ?? before.courses.find((c) => c.required && c.open);
  assert.ok(course, 'somebody still needs a course');
  await sound(page, 'training');
  const venue = word('会议室');
  await page.getByRole('button', { name: '安排培训' }).click();
  await choose(page, '课程', course.name);
  await page.getByLabel('地点').fill(venue);
  await page.getByRole('button', { name: /^安\s*排$/ }).click();
  await row(page, venue).getByText('待登记出勤').waitFor();
  await row(page, venue).getByRole('link').click();
  await page.getByRole('button', { name: '未完成的人都记为到场' }).click();
  if (course.pass) for (const score of await page.locator('tbody input.ant-input-number-input:enabled').all()) await score.fill('88');
  await sound(page, 'attendance');
  await page.getByRole('button', { name: /^保存 \d+ 人的出勤/ }).click();
  await page.getByRole('heading', { name: '培训', exact: true }).waitFor();
  const after = (await as('hr').get('/staff/training')).courses.find((c) => c.id === course.id);
  assert.ok(after.open < course.open, 'who passed no longer needs it');
});

journey('the month’s pay: rule, run, two approvals, lock, correction, Excel', async (desk) => {
  const hr = await desk.open('hr', '/staff/pay');
  await hr.getByRole('button', { name: '修订薪酬规则' }).click();
  await sound(hr, 'a pay rule');
  await hr.locator('form').getByRole('button', { name: /^取\s*消$/ }).click();
  const run = (await as('hr').get('/pay-runs?state=submitted')).items[0];
  assert.ok(run, 'a run waits for approval');
  await hr.goto(`/desk/staff/pay/${run.id}`);
  await hr.getByRole('heading', { name: `${run.street_name}` }).waitFor();
  await sound(hr, 'a pay run');
  assert.equal(await hr.getByRole('button', { name: '审核通过' }).count(), 0, 'who prepares does not approve');

  const chief = await desk.open('chief', `/staff/pay/${run.id}`);
  await chief.getByRole('button', { name: '审核通过' }).click();
  await chief.getByText('待复核').first().waitFor();
  await chief.getByText('请由另一岗位的人复核').waitFor();
  const second = await desk.open('desk', `/staff/pay/${run.id}`);
  await second.getByRole('button', { name: '复核通过并锁定' }).click();
  await second.getByText('已锁定').first().waitFor();

  await hr.reload();
  await hr.locator('.ant-table-row-expand-icon').first().click();
  await hr.getByText('计薪').first().waitFor();
  await hr.getByRole('button', { name: '登记更正' }).click();
  await hr.getByLabel('差额（元，少发为正）').fill('-50');
  await hr.getByLabel('理由').fill('工龄多计一年');
  await hr.getByRole('button', { name: '登记更正' }).click();
  await hr.getByText('下次工资将更正 -50.00 元：工龄多计一年').waitFor();
  assert.equal((await as('hr').get(`/pay-runs/${run.id}`)).total, run.total, 'a locked run stays as it was');
  const [file] = await Promise.all([
    hr.waitForEvent('download'),
    hr.getByRole('link', { name: '导出 Excel（财政）' }).click(),
  ]);
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  await sound(hr, 'a locked run');
});
