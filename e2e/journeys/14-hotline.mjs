import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { act, as, base, category, home, me, word } from '../lib/api.mjs';
import { journey, row, sound } from '../lib/desk.mjs';

const secret = 'linli-demo-hotline-2026'; // of the demo city, docs/hotline.md
const path = '/api/v1/hotline/orders';

/** A request as docs/hotline.md signs it. */
function signed(body, { key = secret, at = Math.floor(Date.now() / 1000), nonce = randomBytes(12).toString('hex') } = {}) {
  const digest = createHash('sha256').update(body).digest('hex');
  const signature = createHmac('sha256', key).update(`POST\n${path}\n${at}\n${nonce}\n${digest}`).digest('hex');
  return { 'Content-Type': 'application/json', 'X-Linli-Timestamp': String(at), 'X-Linli-Nonce': nonce, 'X-Linli-Signature': signature };
}
async function send(order, how = {}) {
  const body = typeof order === 'string' ? order : JSON.stringify(order);
  const headers = how.headers ?? signed(body, how);
  const res = await fetch(base + path, { method: 'POST', headers, body });
  return { status: res.status, text: await res.text(), headers, body };
}

/** The platform's side: takes messages, lists its orders. */
async function platform() {
  const said = [];
  const orders = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (d) => {
      body += d;
    });
    req.on('end', () => {
      res.setHeader('Content-Type', 'application/json');
      if (req.method === 'POST') {
        said.push(JSON.parse(body));
        res.end('{"code":"0"}');
      } else res.end(JSON.stringify({ rows: orders }));
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { said, orders, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function until(what, done) {
  for (let i = 0; i < 150; i++) {
    const got = await done();
    if (got) return got;
    await new Promise((r) => setTimeout(r, 200));
  }
  assert.fail(`never: ${what}`);
}

journey('a signed order is worked to its acknowledged reply, and both sides agree', async (desk) => {
  const other = await platform();
  try {
    const now = await as('admin').get('/hotline/settings/exchange');
    await as('admin').put('/hotline/settings/exchange', {
      version: now.version,
      body: {
        say: { url: `${other.url}/messages`, ack_path: 'code', ack_ok: ['0'], formats: { 标准: '答复：{text}' } },
        pull: { on: false, url: '', list: '' },
        list: { url: `${other.url}/orders`, list: 'rows', day_by: 'day' },
        states: { 办理中: 'open', 已办结: 'answered' },
      },
    });
    const place = await home();
    const number = word('HL-');
    const order = {
      order_no: number,
      title: word('路灯不亮'),
      content: '楼下路灯连续三晚不亮，老人出行不便。',
      community: place.community,
      address: place.address,
      caller_name: '陈测试',
      caller_phone: '13800000001',
      reply_format: '标准',
    };
    assert.equal((await send(order, { key: 'not-the-secret-at-all' })).status, 401, 'a bad signature is refused');
    const first = await send(order);
    assert.equal(first.status, 200, first.text);
    const replay = await send(first.body, { headers: first.headers });
    assert.equal(replay.text, first.text, 'a replay has no effect and the first answer');
    assert.equal((await send(JSON.stringify({ ...order, content: '别的' }), { headers: first.headers })).status, 401);

    const page = await desk.open('dispatcher', '/hotline/orders');
    await row(page, number).waitFor();
    await sound(page, 'orders of the hotline');
    await page.getByRole('button', { name: number }).click();
    await page.locator('.hotline-order h2', { hasText: order.title }).waitFor();
    await page.locator('.hotline-order').getByText('派单').first().waitFor();
    await sound(page, 'an order of the hotline');

    const { items } = await as('dispatcher').get(`/hotline/orders?number=${number}`);
    const id = items[0].case_id;
    const cat = await category((c) => !c.evidence?.resolved && !c.evidence?.found);
    const org = (await me('handler')).posts[0].org;
    await act('dispatcher', id, 'file', { category_id: cat.id, grade: 'general' });
    await act('dispatcher', id, 'dispatch', { lead: org.id });
    await act('handler', id, 'sign');
    await act('handler', id, 'resolve', { result: '已更换灯泡。' });
    const done = await act('community', id, 'verify_pass', { note: '现场看过。' });
    if (done.case.status === 'verified') {
      await until('it is drawn for a call', async () => {
        await as('callback').post('/callbacks/draw', { n: 20 });
        return act('callback', id, 'call_back', { reached: true, solved: true, satisfied: 5 }).catch(() => false);
      });
    }
    await until('the reply is acknowledged', async () => {
      const [o] = (await as('dispatcher').get(`/hotline/orders?number=${number}`)).items;
      return o.acked && ['reply', 'outcome'].includes(o.said);
    });
    const mine = other.said.filter((m) => m.order_no === number);
    assert.deepEqual(mine.slice(0, 3).map((m) => m.type), ['progress', 'progress', 'signed']);
    assert.equal(mine.find((m) => m.type === 'reply').text, '答复：已更换灯泡。');

    other.orders.push({ ...order, status: '已办结' });
    const day = Number(new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', ''));
    await as('desk').post('/hotline/comparisons', { day });
    await page.goto('/desk/hotline/pairs?verdict=equal');
    await row(page, number).waitFor();
    await sound(page, 'both sides of the hotline');
  } finally {
    other.close();
  }
});

journey('what is not the city’s waits for a person, who confirms the answer', async (desk) => {
  const place = await home();
  const number = word('HL-');
  const out = await send({ order_no: number, title: word('对判决不服'), content: '邻里纠纷法院已判决，我不服。', community: place.community });
  assert.equal(JSON.parse(out.text).result, 'proposed', out.text);
  const page = await desk.open('dispatcher', `/hotline/orders?number=${number}`, { size: 'phone' });
  await page.getByRole('button', { name: number }).click();
  await page.getByText('《信访工作条例》').waitFor();
  await sound(page, 'a proposed answer on a phone');
  await page.getByRole('button', { name: '确认并回传热线' }).click();
  await page.locator('.hotline-order').getByText('已按规则答复').first().waitFor();
  const { items } = await as('dispatcher').get(`/hotline/orders?number=${number}`);
  assert.equal(items[0].state, 'answered');
  assert.equal(items[0].case_id, undefined, 'there is no case');
});

journey('the administrator tries a sample order under a changed mapping', async (desk) => {
  const page = await desk.open('admin', '/admin/hotline');
  await page.getByLabel('工单编号 对方字段（路径）').fill('wo.no');
  await page.getByLabel('诉求内容 对方字段（路径）').fill('wo.what');
  await page.getByRole('textbox', { name: '样例工单' }).fill('{"wo":{"no":"X-1","what":"路灯不亮"}}');
  await page.getByRole('button', { name: '看看会变成什么' }).click();
  await page.getByText('会等待补充').waitFor();
  await sound(page, 'the mapping of the hotline');
  await page.locator('.ant-segmented-item', { hasText: '越界规则' }).click();
  await page.getByText('规则 1').waitFor();
  await sound(page, 'the rules of the hotline');
});
