// node faults/measure.mjs: how quick the phone is at 6× CPU slow-down with 500 homes and 2,000 tasks.
// Wall times need a quiet machine; beside them stands what the page's thread computed without the
// slow-down, times six, which others' work disturbs little.
import { gzipSync } from 'node:zlib';
import { as, finish, line, server, wait, World } from './lib.mjs';

const slow = 6;
const today = Number(new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', ''));
/** ms of CPU that the page's thread has used. */
async function spent(cpu) {
  const { metrics } = await cpu.send('Performance.getMetrics');
  return metrics.find((m) => m.name === 'TaskDuration').value * 1000;
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

/** A grid as the server sends it: 20 buildings, 500 homes, 150 needs, 2,000 tasks, 60 of them due today. */
function grid(id, epoch) {
  const rows = [];
  const put = (type, n, row) => rows.push({ type, id: n, version: 1, row: { grid: id, ...row } });
  for (let b = 1; b <= 20; b++)
    put('building', b, { name: `${b}号楼`, compound: '翠湖花园', lon: 112.59 + b / 2000, lat: 29.4, homes: 25, units: ['1单元', '2单元'] });
  for (let h = 1; h <= 500; h++) {
    const building = 1 + (h % 20);
    put('home', h, { building, unit: `${1 + (h % 2)}单元`, floor: 1 + (h % 6), room: `${1 + (h % 6)}0${1 + (h % 2)}`, use: 'lived', people: 3, langs: ['zh'], name: '王**', phone: '138****1234', every: 30, hint: '门铃坏了，请敲门', needs: [] });
    if (h % 3 === 0) put('need', h, { home: h, kind: 'alone', purpose: '每周上门看望', source: 'family', from: 20260101, until: 20271231, person: '王**' });
    for (let t = 0; t < 4; t++)
      put('task', h * 10 + t, { kind: 'visit', rule: 'half', title: '半年入户走访', title_en: 'Visit to every home', why: '每户每年至少两次，了解需要。', why_en: 'Twice a year.', priority: 3, building, unit: `${1 + (h % 2)}单元`, home: h, due: 20991231, day: h <= 60 && !t ? today : 0, rank: h, worker: 0, state: 'open', minutes: 12 });
  }
  const counts = {};
  for (const r of rows) counts[r.type] = (counts[r.type] ?? 0) + 1;
  return gzipSync([{ epoch, cursor: 'measure', grid: id, counts }, ...rows].map((r) => JSON.stringify(r)).join('\n'));
}

try {
  await server.begin();
  await line.begin();
  const grids = (await as('gridworker').get('/session')).posts.map((x) => x.grid_id);
  const { epoch } = await as('gridworker').post('/sync/devices', { id: crypto.randomUUID(), label: 'measure' });
  const file = grid(grids[0], epoch);
  line.fault = (_, url) => {
    if (url.endsWith('/sync/snapshot'))
      return { status: 200, headers: { 'Content-Type': 'application/gzip', ETag: '"m"', 'Content-Length': file.length }, body: file };
    if (url.endsWith('/sync/changes'))
      return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ epoch, cursor: 'measure', more: false, changes: [] }) };
  };
  const world = new World();
  const p = await world.phone();
  await p.sync();
  const have = await p.page.evaluate(() => [window.phone.book().homes.size, window.phone.book().tasks.size]);
  console.log(`${have[0]} homes, ${have[1]} tasks, ${(file.length / 1024).toFixed(0)} KB of first load`);

  const cdp = await p.context.newCDPSession(p.page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: slow });
  const saves = [];
  for (let i = 0; i < 15; i++)
    saves.push(
      await p.page.evaluate(async (n) => {
        const began = performance.now();
        await window.phone.record('visit.record', null, { tasks: [n * 10], home: n, building: 1, outcome: 'fine', answers: {}, note: '一切正常' });
        return performance.now() - began;
      }, i + 100),
    );
  await p.page.close();

  // The app itself, once online so that it is kept, then from nothing but the phone.
  const first = await p.tab('/worker/');
  await first.waitForFunction(() => navigator.serviceWorker.controller);
  await first.waitForFunction(async () => (await caches.keys()).length > 0);
  await first.close();
  const starts = [];
  const opens = [];
  const startCPU = [];
  const openCPU = [];
  const wholeCPU = [];
  for (let i = 0; i < 10; i++) {
    const wall = i % 2 === 0;
    await p.context.setOffline(true);
    const page = await p.context.newPage();
    const cpu = await p.context.newCDPSession(page);
    if (wall) await cpu.send('Emulation.setCPUThrottlingRate', { rate: slow });
    else await cpu.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.addInitScript(() => {
      const look = () => {
        if (!document.querySelector('.building > h2')) return;
        seeing.disconnect();
        // The next frame's task: by then this one is laid out and painted.
        requestAnimationFrame(() => setTimeout(() => (window.seen = performance.now())));
      };
      const seeing = new MutationObserver(look);
      seeing.observe(document, { subtree: true, childList: true });
    });
    await page.goto(`${line.base}/worker/`);
    await page.waitForFunction(() => window.seen);
    if (wall) starts.push(await page.evaluate(() => window.seen));
    else startCPU.push((await spent(cpu)) * slow);
    await page.locator('nav.tabs a').nth(4).click();
    await page.waitForURL(/\/me$/);
    await wait(300);
    const before = wall ? 0 : await spent(cpu);
    const took = await page.evaluate(
        () =>
          new Promise((done) => {
            const began = performance.now();
            new MutationObserver((_, o) => {
              if (!document.querySelector('.building > h2')) return;
              o.disconnect();
              requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
            }).observe(document, { subtree: true, childList: true });
            document.querySelector('nav.tabs a').click();
          }),
      );
    if (wall) opens.push(took);
    else openCPU.push(((await spent(cpu)) - before) * slow);
    // The rows below the screen come right after.
    await page.waitForFunction(() => document.querySelectorAll('.building').length === 20);
    if (!wall) wholeCPU.push(((await spent(cpu)) - before) * slow);
    await page.close();
    await p.context.setOffline(false);
  }
  const lock = await p.tab();
  const unlocks = [];
  for (let i = 0; i < 3; i++)
    unlocks.push(
      await lock.evaluate(async () => {
        const from = await crypto.subtle.importKey('raw', new TextEncoder().encode('204816'), 'PBKDF2', false, ['deriveBits']);
        const began = performance.now();
        await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(16), iterations: 600_000 }, from, 256);
        return performance.now() - began;
      }),
    );
  const say = (what, list, bound) =>
    console.log(`${what}: ${median(list).toFixed(0)} ms median of ${list.length}, worst ${Math.max(...list).toFixed(0)} (${bound})`);
  say(`cold start offline at ${slow}× to 今日`, starts, '≤ 1200');
  say(`  CPU of the page's thread × ${slow}`, startCPU, '≤ 1200');
  say(`open 今日 at ${slow}×`, opens, '≤ 100');
  say(`  CPU of the page's thread × ${slow}`, openCPU, '≤ 100');
  say(`  the same until all 60 homes stand there`, wholeCPU, 'not waited for');
  say(`save a record at ${slow}×`, saves, '≤ 50');
  say('the PIN’s derivation, 600,000 rounds, without slow-down (it runs beside the page)', unlocks, 'humane');
  await world.close();
} finally {
  await finish();
}
