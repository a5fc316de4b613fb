import { afterEach, expect, test } from 'vitest';
import { TestServer } from './server.ts';
import { type Handset, handset, when } from './testing.ts';

const open: Handset[] = [];
afterEach(async () => {
  for (const h of open.splice(0)) await h.end();
});

async function phoneOn(server: TestServer, more: Parameters<typeof handset>[2] = {}, login = 'worker') {
  const h = handset('http://linli', server.fetch, more);
  open.push(h);
  await when(h.phone, () => h.phone.gate().at === 'sign_in');
  expect(await h.phone.signIn(login, 'x')).toBe('choose_pin');
  expect(await h.phone.choosePIN('204816')).toBe('open');
  await h.phone.settle();
  return h;
}
const visit = (h: Handset, n: number, shots?: string[]) =>
  h.phone.record('visit.record', null, { tasks: [n], home: n, outcome: 'fine' }, { shots });
const bytes = (n: number) =>
  new Blob([new Uint8Array(n).map((_, i) => (i * 7) % 251)], { type: 'image/jpeg' });

test('a record is there once, with its photo', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const shot = h.phone.newId();
  await h.phone.keepShot({ id: shot, blob: bytes(600_000) });
  const id = await visit(h, 1, [shot]);
  await when(h.phone, () => h.phone.outbox().counts.saved === 1);
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 1);
  expect([...server.commands.keys()]).toEqual([id]);
  expect((await server.sums()).get(shot)).toBe(server.files.get(shot)?.sum);
  expect(server.log.filter((l) => l.startsWith('PATCH'))).toHaveLength(3);
});

test('an acknowledgement that got lost makes no second record', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  server.fault = (_, path) => (path.endsWith('/commands') ? 'after' : undefined);
  await visit(h, 1);
  await h.phone.settle();
  expect(h.phone.outbox().counts.saved).toBe(1);
  expect(server.commands.size).toBe(1);
  server.fault = () => undefined;
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 1);
  expect(server.commands.size).toBe(1);
});

const html = (status: number) => () =>
  new Response('<html>欢迎使用无线网络</html>', { status, headers: { 'content-type': 'text/html' } });
test.each([
  ['200 with a page', html(200)],
  ['201 with a page', html(201)],
  ['201 with other JSON', () => Response.json({ batch: 'x', epoch: 'e1', results: [] }, { status: 201 })],
  ['302', () => new Response(null, { status: 302, headers: { location: 'http://portal/' } })],
  ['401 of somebody else', html(401)],
  ['403 of somebody else', html(403)],
  ['511', html(511)],
])('a portal that answers %s acknowledges nothing', async (_, answer) => {
  const server = new TestServer();
  const h = await phoneOn(server);
  await visit(h, 1);
  server.fault = () => answer;
  await h.phone.settle();
  expect(h.phone.syncing().state).toBe('portal');
  expect(h.phone.outbox().counts).toMatchObject({ saved: 1, accepted: 0 });
  server.fault = () => undefined;
  await h.phone.settle();
  expect(server.commands.size).toBe(1);
});

test('a portal in mid-photo does not make it whole', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const shot = h.phone.newId();
  await h.phone.keepShot({ id: shot, blob: bytes(600_000) });
  await visit(h, 1, [shot]);
  let n = 0;
  server.fault = (method) => (method === 'PATCH' && n++ === 1 ? html(200) : undefined);
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.sent === 1);
  server.fault = () => undefined;
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 1);
  expect((await server.sums()).get(shot)).toBe(server.files.get(shot)?.sum);
});

test('one record that the server fails at does not keep the others', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const bad = await visit(h, 13);
  for (let i = 0; i < 20; i++) await visit(h, i);
  const real = server.fetch;
  h.host.fetch = (async (input: string, init: RequestInit) =>
    String(init?.body ?? '').includes(bad)
      ? new Response('{"code":"internal","title":"internal"}', {
          status: 500,
          headers: { 'content-type': 'application/problem+json' },
        })
      : real(input, init)) as typeof fetch;
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 20);
  expect(h.phone.outbox().counts).toMatchObject({ needs_you: 1, saved: 0 });
  expect(server.commands.size).toBe(20);
  h.host.fetch = real;
  expect(await h.phone.retry(bad)).toBe(true);
  await h.phone.settle();
  expect(server.commands.size).toBe(21);
});

test('a refused record is mended under a new id', async () => {
  const server = new TestServer();
  server.judge = (c) =>
    c.body.outcome === 'fine'
      ? { state: 'rejected', reason: { code: 'answer_missing', title: '缺少答案' } }
      : { state: 'applied' };
  const h = await phoneOn(server);
  const id = await visit(h, 1);
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.needs_you === 1);
  expect(h.phone.outbox().waiting[0]).toMatchObject({ id, reason: { title: '缺少答案' }, editable: true });
  expect(await h.phone.edit(id, { tasks: [1], home: 1, outcome: 'absent' })).toBe(true);
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 1);
  expect(server.commands.size).toBe(2);
  expect(h.phone.outbox().waiting).toEqual([]);
});

test('a record can be taken back and changed until it is sent; numbers have no gap', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const first = await visit(h, 1);
  const second = await visit(h, 2);
  expect(await h.phone.undo(first)).toBe(true);
  expect(await h.phone.edit(second, { tasks: [2], home: 2, outcome: 'absent' })).toBe(true);
  await h.phone.settle();
  expect(await h.phone.undo(second)).toBe(false);
  await visit(h, 3);
  await h.phone.settle();
  const sent = [...server.commands.values()];
  expect(sent.map((c) => [c.seq, c.body.outcome])).toEqual([
    [1, 'absent'],
    [2, 'fine'],
  ]);
});

test('a server from a backup gets back what it lost, photos too', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  await visit(h, 1);
  await h.phone.settle();
  const kept = new Map(server.commands);
  const shot = h.phone.newId();
  await h.phone.keepShot({ id: shot, blob: bytes(1000) });
  await visit(h, 2, [shot]);
  await h.phone.settle();
  server.commands = kept;
  server.files.clear();
  server.epoch = 'e2';
  await h.restart();
  await when(h.phone, () => h.phone.gate().at === 'locked');
  await h.phone.open('204816');
  await h.phone.settle();
  await when(h.phone, () => h.phone.outbox().counts.accepted === 2);
  expect(server.commands.size).toBe(2);
  expect((await server.sums()).get(shot)).toBe(server.files.get(shot)?.sum);
  expect(h.phone.syncing().notices).toContainEqual({ code: 'restored', again: 2 });
});

test('an emptied storage is noticed and said, numbers go on', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  await visit(h, 1);
  await h.phone.settle();
  server.fault = () => 'before';
  await visit(h, 2);
  await visit(h, 3);
  await h.phone.settle();
  server.fault = () => undefined;
  await h.end();
  h.evict();
  await h.restart();
  await when(h.phone, () => h.phone.gate().at === 'sign_in');
  await h.phone.signIn('worker', 'x');
  await h.phone.choosePIN('111111');
  expect(h.phone.syncing().notices).toContainEqual({ code: 'evicted', lost: 2 });
  expect(server.lost).toEqual([2, 3]);
  await visit(h, 4);
  await h.phone.settle();
  expect([...server.commands.values()].map((c) => c.seq)).toEqual([1, 4]);
});

test('another person on the same phone: what waits stays with its author', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  server.fault = (_, path) => (path.endsWith('/commands') ? 'before' : undefined);
  await visit(h, 1);
  await h.phone.settle();
  await h.phone.handOver();
  server.fault = () => undefined;
  expect(await h.phone.signIn('other one', 'x')).toBe('choose_pin');
  await h.phone.choosePIN('222222');
  await h.phone.settle();
  expect(h.phone.outbox().waiting).toEqual([]);
  expect(server.commands.size).toBe(0);
  await h.phone.handOver();
  expect(h.phone.gate()).toMatchObject({ people: [{ waiting: 0 }, { waiting: 1 }] });
  await h.phone.signIn('worker', 'x');
  await h.phone.open('204816');
  await h.phone.settle();
  expect(server.commands.size).toBe(1);
});

test('a forgotten PIN ends what is sealed only when the server has it', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  server.fault = (_, path) => (path.endsWith('/commands') ? 'before' : undefined);
  await visit(h, 1);
  await h.phone.settle();
  await h.phone.lock();
  // Not a supervisor, and the record is nowhere else: nothing ends.
  expect(await h.phone.forgotPIN('worker', 'x')).toBe('refused');
  expect(JSON.parse(await (await h.phone.exportFile()).blob.text()).commands).toHaveLength(1);
  await h.phone.open('204816');
  expect(h.phone.outbox().counts.saved).toBe(1);
  const shot = h.phone.newId();
  await h.phone.keepShot({ id: shot, blob: bytes(1000) });
  await visit(h, 3, [shot]);
  server.fault = (method, path) =>
    path.endsWith('/commands') ? 'after' : method === 'PATCH' ? 'before' : undefined;
  await h.phone.settle();
  await h.phone.settle(); // the server has the record, and not its photo
  await h.phone.lock();
  expect(await h.phone.forgotPIN('worker', 'x')).toBe('refused');
  await h.phone.open('204816');
  server.fault = () => undefined;
  await h.phone.settle();
  server.fault = (_, path) => (path.endsWith('/commands') ? 'after' : undefined);
  await h.phone.lock();
  expect(await h.phone.forgotPIN('worker', 'x')).toBe('choose_pin');
  expect(await h.phone.choosePIN('999999')).toBe('open');
  server.fault = () => undefined;
  await visit(h, 2);
  await h.phone.settle();
  expect([...server.commands.values()].map((c) => c.seq)).toEqual([1, 2, 3]);
});

test('a wrong PIN opens nothing and costs a pause after five tries', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  await h.phone.lock();
  for (let i = 0; i < 5; i++) expect(await h.phone.open('000000')).toBe('wrong');
  expect(await h.phone.open('204816')).toBe('wait');
  h.skew += 40_000;
  expect(await h.phone.open('204816')).toBe('open');
});

test('cached rows end 72 h after the last contact, unsent work does not', async () => {
  const server = new TestServer();
  server.rows = [{ type: 'building', id: 3, version: 1, row: { id: 3, version: 1, grid: 1, name: '3号楼' } }];
  const h = await phoneOn(server);
  await when(h.phone, () => h.phone.book().buildings.size === 1);
  server.fault = () => 'before';
  await visit(h, 1);
  h.skew += 73 * 3600_000;
  await h.restart();
  await when(h.phone, () => h.phone.gate().at === 'locked');
  await h.phone.open('204816');
  expect(h.phone.book().buildings.size).toBe(0);
  expect(h.phone.book().as_of).toBeNull();
  expect(h.phone.syncing().notices).toContainEqual({ code: 'cache_ended' });
  expect(h.phone.outbox().counts.saved).toBe(1);
  server.fault = () => undefined;
  await h.phone.settle();
  await when(h.phone, () => h.phone.book().buildings.size === 1);
  expect(server.commands.size).toBe(1);
});

test('a phone that is locked out loses its rows and keeps what waits', async () => {
  const server = new TestServer();
  server.rows = [{ type: 'building', id: 3, version: 1, row: { id: 3, version: 1, grid: 1, name: '3号楼' } }];
  const h = await phoneOn(server);
  await visit(h, 1);
  const { problem } = await import('./server.ts');
  server.fault = (_, path) => (path.includes('/sync/') ? () => problem(403, 'device_locked') : undefined);
  await h.phone.settle();
  await h.phone.settle();
  expect(h.phone.syncing().state).toBe('locked_out');
  await when(h.phone, () => h.phone.book().buildings.size === 0);
  expect(h.phone.outbox().counts.saved).toBe(1);
});

test('a session that ended says so; signing in goes on', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const { problem } = await import('./server.ts');
  server.fault = (method, path) =>
    path.endsWith('/session') && method === 'POST' ? undefined : () => problem(401, 'unauthorized');
  await visit(h, 1);
  await h.phone.settle();
  expect(h.phone.syncing()).toMatchObject({ state: 'signed_out', next: 0 });
  server.fault = () => undefined;
  expect(await h.phone.signIn('worker', 'x')).toBe('open');
  await h.phone.settle();
  expect(server.commands.size).toBe(1);
});

test('two tabs: one syncs, the other sees it', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  const second = h.tab();
  await when(second, () => second.gate().at === 'locked');
  await second.open('204816');
  await Promise.all([visit(h, 1), second.record('visit.record', null, { home: 2 })]);
  await Promise.all([h.phone.settle(), second.settle()]);
  await h.phone.settle();
  await when(second, () => second.outbox().counts.accepted === 2);
  expect([...server.commands.values()].map((c) => c.seq).sort()).toEqual([1, 2]);
});

test('photos are refused when room is short, text never', async () => {
  const server = new TestServer();
  const h = await phoneOn(server, { room: async () => 1_000_000 });
  const shot = { id: h.phone.newId(), blob: bytes(1000) };
  await expect(h.phone.keepShot(shot)).rejects.toMatchObject({ why: 'full' });
  await visit(h, 1);
  await h.phone.settle();
  expect(server.commands.size).toBe(1);
});

test('a draft outlives the page, and ends with its record', async () => {
  const server = new TestServer();
  const h = await phoneOn(server);
  h.phone.setDraft('visit 1', { note: '门锁着' });
  h.moment('leaving');
  await new Promise((r) => setTimeout(r, 20));
  await h.restart();
  await when(h.phone, () => h.phone.gate().at === 'locked');
  await h.phone.open('204816');
  expect(h.phone.draft('visit 1')).toEqual({ note: '门锁着' });
  await h.phone.record('visit.record', null, { home: 1 }, { draft: 'visit 1' });
  await h.restart();
  await when(h.phone, () => h.phone.gate().at === 'locked');
  await h.phone.open('204816');
  expect(h.phone.drafts()).toEqual([]);
});
