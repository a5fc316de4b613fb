// The party chain, as party affairs closes a gap in it: a branch for a grid that has none, its
// secretary for a term, and what the grid's card says of it.
import assert from 'node:assert/strict';
import { as, word } from '../lib/api.mjs';
import { journey, sound } from '../lib/desk.mjs';

const chain = () => as('party').get('/party/chain');
const total = (c, name) => c.totals.find((x) => x.name === name).n;

journey('party affairs finds a grid without a branch, founds it and names its secretary', async (desk) => {
  // The branch of a grid was dissolved yesterday.
  const { branch_id } = (await chain()).links.find((l) => l.secretary && l.secretary !== '林试');
  const { version } = await as('party').get(`/ledger/party_org/${branch_id}`);
  const yesterday = new Date(Date.now() + 8 * 3600_000 - 24 * 3600_000).toISOString().slice(0, 10);
  await as('party').post(`/ledger/party_org/${branch_id}/end`, { version, day: yesterday, reason: '撤销' });
  const before = await chain();
  const gap = before.gaps.find((g) => g.kind === 'no_branch');
  assert.ok(gap, 'a grid without a branch is a gap');
  const branch = word('试点党支部');
  const page = await desk.open('party', '/party');
  await page.getByRole('heading', { name: '没有党支部' }).waitFor();
  await sound(page, 'the chain with its gaps');
  await page.locator('.chain-gap').getByRole('link', { name: gap.name, exact: true }).focus();
  await page.keyboard.press('Enter');
  // The form knows the level and the grid, and the server the organisation above.
  await page.locator('#row_name').fill(branch);
  await page.getByText(`登记在${gap.name}。`).waitFor();
  await page.locator('#row_document').fill('澄组〔2026〕8号');
  await sound(page, 'the form of a branch');
  await page.keyboard.press('Control+Enter');
  await page.locator('.row-panel').getByRole('heading', { level: 2, name: branch }).waitFor();
  const made = (await as('party').get(`/ledger/party_org?q=${encodeURIComponent(branch)}`)).items[0];
  assert.equal(made.fields.level, 'branch');
  assert.ok(made.fields.parent.id, 'it stands under the community’s organisation');
  const between = await chain();
  assert.ok(!between.gaps.some((g) => g.kind === 'no_branch' && g.grid_id === gap.grid_id));
  assert.ok(between.gaps.some((g) => g.kind === 'no_secretary' && g.org_id === made.id), 'a branch without a secretary is a gap');
  assert.equal(total(between, 'branches'), total(before, 'branches') + 1);

  const post = await desk.open('party', '/ledger/party_post?row=new');
  await post.locator('#row_holder').fill(branch);
  await post.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: branch }).first().waitFor();
  await post.keyboard.press('Enter');
  await post.locator('#row_office input').first().press('Space');
  await post.locator('#row_name').fill('林试');
  await post.locator('#row_phone').fill('０７１６－８８０００１２');
  await post.locator('#row_board').press('Space');
  desk.expect(/422.*ledger\/party_post|status of 422/);
  await post.keyboard.press('Control+Enter');
  // A secretary has a term: the form says so, at the field.
  await post.locator('.form-summary').getByRole('button', { name: /截止日期/ }).waitFor();
  await post.locator('#row_valid_to').fill('2029-11-28');
  await post.keyboard.press('Control+Enter');
  await post.locator('.row-panel').waitFor();
  await sound(post, 'the secretary’s post');
  assert.ok(!(await chain()).gaps.some((g) => g.org_id === made.id), 'the gap is closed');

  const card = await desk.open('party', `/grids/${gap.grid_id}`);
  await card.getByRole('row', { name: /林试/ }).getByText('可公示').waitFor();
  await sound(card, 'the card of the grid');
});
