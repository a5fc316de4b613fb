// The program, a line to it that can be broken, and phones in Chromium.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const program = process.env.LINLI ?? join(root, 'bin', 'linli');
export const password = 'linli-demo-2026';
export const pin = '204816';
export const wait = (ms) => new Promise((r) => setTimeout(r, ms));

const folder = mkdtempSync(join(tmpdir(), 'linli-faults-'));
export const path = (name) => join(folder, name);

export function cli(...args) {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`linli ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout;
}

export const server = {
  data: path('data'),
  port: 0,
  run: undefined,
  async begin() {
    if (!existsSync(program)) throw new Error(`${program} is missing: run make build first`);
    cli('demo', '--data', this.data, '--scale', '0.02', '--days', '1', '--seed', '7');
    const s = http.createServer().listen(0, '127.0.0.1');
    await once(s, 'listening');
    this.port = s.address().port;
    s.close();
    await this.start();
  },
  get up() {
    return !!this.run && this.run.exitCode === null && !this.run.signalCode;
  },
  async start() {
    if (this.up) return;
    this.run = spawn(program, ['serve', '--addr', `127.0.0.1:${this.port}`, '--data', this.data, '--quiet'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let i = 0; i < 400; i++) {
      if (await fetch(`http://127.0.0.1:${this.port}/readyz`).then((r) => r.ok, () => false)) return;
      await wait(50);
    }
    throw new Error('linli serve is not ready after 20 s');
  },
  async kill() {
    if (!this.up) return;
    const gone = once(this.run, 'exit');
    this.run.kill('SIGKILL');
    await gone;
  },
};

/** The page of page.ts, built from the same sources as the app. */
async function buildPage() {
  const web = join(root, 'web');
  const { build } = await import(pathToFileURL(join(web, 'node_modules', 'vite', 'dist', 'node', 'index.js')));
  await build({
    root: web,
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@': join(web, 'src') } },
    build: {
      target: 'chrome90',
      outDir: path('page'),
      emptyOutDir: true,
      lib: { entry: join(root, 'e2e', 'faults', 'page.ts'), formats: ['es'], fileName: () => 'page.js' },
    },
  });
  return readFileSync(path('page/page.js'));
}

/**
 * Between phone and program. `fault(method, path)` says what happens to a request: 'drop' it, 'lose'
 * the answer, 'stall', 'sixteen' of it at once, 'late', {status, …} from somebody else, {cut: bytes}
 * of its body, {short: bytes} of its answer; undefined: nothing.
 */
export const line = {
  fault: () => undefined,
  log: [],
  late: [],
  /** Body and token of the last batch of commands. */
  last: undefined,
  port: 0,
  async begin() {
    const script = await buildPage();
    const s = http.createServer((req, res) => {
      if (req.url === '/worker/faults.js') return res.setHeader('Content-Type', 'text/javascript').end(script);
      if (req.url === '/worker/faults') {
        res.setHeader('Content-Type', 'text/html');
        return res.end('<!doctype html><title>faults</title><script type="module" src="/worker/faults.js"></script>');
      }
      this.take(req, res).catch(() => res.destroy());
    });
    s.listen(0, '127.0.0.1');
    await once(s, 'listening');
    this.port = s.address().port;
    this.server = s;
  },
  get base() {
    return `http://127.0.0.1:${this.port}`;
  },
  clear() {
    this.fault = () => undefined;
    this.slow = undefined;
  },
  /** {rate: bytes/s of the whole line, rtt: ms, loss: one packet in so many is sent twice}; undefined: as quick as it is. */
  slow: undefined,
  queue: Promise.resolve(),
  packets: 0,
  /** An answer in packets, which share the line with those of other answers. */
  async trickle(res, { status, headers, body }) {
    const { rate, rtt, loss } = this.slow;
    await wait(rtt);
    res.writeHead(status, headers);
    for (let at = 0; at < body.length && !res.destroyed; at += 1400) {
      const packet = body.subarray(at, at + 1400);
      const times = ++this.packets % loss ? 1 : 2;
      this.queue = this.queue.then(() => wait(((packet.length * times) / rate) * 1000));
      await this.queue;
      if (times > 1) await wait(rtt); // until it is noticed
      res.write(packet);
    }
    res.end();
  },
  async take(req, res) {
    const url = req.url.split('?')[0];
    this.log.push(`${req.method} ${url}`);
    const fault = this.fault(req.method, url);
    if (fault === 'drop') return req.socket.destroy();
    if (fault?.status) {
      req.resume();
      return res.writeHead(fault.status, fault.headers).end(fault.body);
    }
    const parts = [];
    let n = 0;
    for await (const part of req) {
      parts.push(part);
      n += part.length;
      if (fault?.cut && n >= fault.cut) break;
    }
    let body = Buffer.concat(parts);
    if (fault?.cut) body = body.subarray(0, fault.cut);
    if (url.endsWith('/sync/commands')) this.last = { body: body.toString(), token: req.headers.authorization };
    const send = () => this.pass(req, body, fault?.cut ? Number(req.headers['content-length']) : undefined);
    if (fault?.cut) {
      await send().catch(() => undefined);
      return req.socket.destroy();
    }
    if (fault === 'stall') return; // no answer, ever
    if (fault === 'late') {
      this.late.push(send);
      return req.socket.destroy();
    }
    const answer = fault === 'sixteen' ? (await Promise.all(Array.from({ length: 16 }, send)))[7] : await send();
    if (fault === 'lose') return req.socket.destroy();
    if (fault === 'lose and kill') {
      await server.kill();
      return req.socket.destroy();
    }
    if (fault?.short) {
      // Breaks in the middle of an answer.
      res.writeHead(answer.status, answer.headers);
      res.write(answer.body.subarray(0, fault.short));
      return setTimeout(() => res.destroy(), 100);
    }
    if (this.slow) return this.trickle(res, answer);
    res.writeHead(answer.status, answer.headers).end(answer.body);
  },
  /** length: what the head promises, if the body is cut. */
  pass(req, body, length) {
    return new Promise((done, fail) => {
      const headers = { ...req.headers, host: `127.0.0.1:${server.port}` };
      if (length !== undefined) headers['content-length'] = length;
      const up = http.request(
        { port: server.port, host: '127.0.0.1', method: req.method, path: req.url, headers, agent: false },
        async (r) => {
          const parts = [];
          try {
            for await (const part of r) parts.push(part);
            done({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) });
          } catch (e) {
            fail(e);
          }
        },
      );
      up.on('error', fail);
      if (length === undefined) up.end(body);
      else {
        up.write(body);
        setTimeout(() => up.destroy(), 100);
      }
    });
  },
  /** What was held back arrives, the last first. */
  async arrive() {
    for (const send of this.late.splice(0).reverse()) await send().catch(() => undefined);
  },
};

const tokens = new Map();
async function request(role, method, where, body) {
  if (!tokens.has(role)) {
    const res = await fetch(`http://127.0.0.1:${server.port}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ login: role, password }),
    });
    tokens.set(role, (await res.json()).token);
  }
  const res = await fetch(`http://127.0.0.1:${server.port}/api/v1${where}`, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokens.get(role)}` },
    body: body && JSON.stringify(body),
  });
  const text = await res.text();
  if (!res.ok) throw Object.assign(new Error(`${role} ${method} ${where}: ${res.status} ${text}`), { status: res.status });
  return text ? JSON.parse(text) : undefined;
}
export const as = (role) => ({
  get: (where) => request(role, 'GET', where),
  post: (where, body) => request(role, 'POST', where, body),
  patch: (where, body) => request(role, 'PATCH', where, body),
  delete: (where) => request(role, 'DELETE', where),
});
/** All people have to sign in again, this file too. */
export const forgetTokens = () => tokens.clear();

let place;
let serial = 0;

/** Phones of one scenario, what they recorded, and the one comparison. */
export class World {
  phones = [];
  /** Titles of cases, commands of visits, and how many photos each has. */
  expected = new Map();
  visits = new Map();

  async phone(login = 'gridworker', more = {}) {
    const p = new Phone(this, login, more);
    this.phones.push(p);
    await p.start();
    await p.enter();
    return p;
  }

  async place() {
    if (!place) {
      const { items } = await as('operator').get(`/places?q=${encodeURIComponent('荷塘壹号')}&limit=1`);
      place = { lon: items[0].lon, lat: items[0].lat, crs: 'wgs84', address: items[0].name };
    }
    return place;
  }

  /** Every record exactly once, every photo there (the server compared its sum before it took it). */
  async compare() {
    line.clear();
    await line.arrive();
    for (const p of this.phones) if (!p.lost) await p.drain();
    const found = new Map();
    for (let cursor = ''; ; ) {
      const { items, next } = await as('gridworker').get(`/cases?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      for (const c of items) found.set(c.title, [...(found.get(c.title) ?? []), c.id]);
      if (!next) break;
      cursor = next;
    }
    for (const [title, photos] of this.expected) {
      const ids = found.get(title) ?? [];
      assert.equal(ids.length, 1, `${title} is there ${ids.length} times`);
      if (!photos) continue;
      const { files } = await as('gridworker').get(`/cases/${ids[0]}`);
      assert.equal(files?.length, photos, `photos of ${title}`);
    }
    const walked = [];
    for (let cursor = ''; this.visits.size; ) {
      const { items, next } = await as('gridworker').get(`/visits?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      walked.push(...items);
      if (!next) break;
      cursor = next;
    }
    for (const [id, photos] of this.visits) {
      const same = walked.filter((v) => v.client === id);
      assert.equal(same.length, 1, `visit ${id} is there ${same.length} times`);
      assert.equal(same[0].files?.length ?? 0, photos, `photos of visit ${id}`);
    }
    const all = [...this.expected.values(), ...this.visits.values()];
    return { records: all.length, photos: all.reduce((n, x) => n + x, 0) };
  }

  async close() {
    line.clear();
    for (const p of this.phones) await p.end();
  }
}

const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export class Phone {
  constructor(world, login, { skew = 0, zone = 'Asia/Shanghai' } = {}) {
    Object.assign(this, { world, login, skew, zone, profile: mkdtempSync(join(folder, 'phone-')), lost: false });
  }

  /** A browser with this phone's storage; first: done before its page opens. */
  async start(first = async () => {}) {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args,
      viewport: { width: 360, height: 740 },
      timezoneId: this.zone,
      locale: 'zh-CN',
    });
    await first(this.context);
    this.page = await this.tab();
  }

  async tab(where = '/worker/faults', waitUntil = 'load') {
    const page = await this.context.newPage();
    await page.addInitScript((skew) => {
      const Real = Date;
      globalThis.Date = class extends Real {
        constructor(...a) {
          super(...(a.length ? a : [Real.now() + skew]));
        }
        static now() {
          return Real.now() + skew;
        }
      };
    }, this.skew);
    if (where === '/worker/faults') {
      // The app's service worker would answer with the app.
      const cdp = await this.context.newCDPSession(page);
      await cdp.send('Network.enable');
      await cdp.send('Network.setBypassServiceWorker', { bypass: true });
    }
    await page.goto(line.base + where, { waitUntil });
    if (where === '/worker/faults') await page.waitForFunction(() => window.phone?.gate().at !== 'starting');
    return page;
  }

  /** By password and PIN, whichever the phone asks for. */
  async enter(page = this.page) {
    return page.evaluate(
      async ([login, password, pin]) => {
        const { phone } = window;
        // Within its grace the page opens by itself.
        for (let i = 0; i < 4 && phone.gate().at !== 'open'; i++) {
          const { at } = phone.gate();
          if (at === 'sign_in') await phone.signIn(login, password);
          else if (at === 'choose_pin') await phone.choosePIN(pin);
          else await phone.open(pin);
        }
        return phone.gate().at;
      },
      [this.login, password, pin],
    );
  }

  /** Records a case; photos: their edges in pixels. */
  async record(photos = [], page = this.page, kind = 'case.report') {
    const title = `故障${process.pid}x${serial++}号`;
    const place = await this.world.place();
    const id = await page.evaluate(([t, p, e, k]) => window.record(t, p, e, k), [title, place, photos, kind]);
    if (kind === 'case.report') this.world.expected.set(title, photos.length);
    return { id, title };
  }
  /** Records a visit. */
  async visit(photos = [], page = this.page) {
    this.world.visits.set(await page.evaluate(([n, e]) => window.visit(n, e), [serial++, photos]), photos.length);
  }
  sync(page = this.page) {
    return page.evaluate(() => window.sync());
  }
  counts(page = this.page) {
    return page.evaluate(() => window.phone.outbox().counts);
  }
  notices() {
    return this.page.evaluate(() => window.phone.syncing().notices);
  }

  /** Syncs until nothing waits but what needs somebody. */
  async drain() {
    if (this.page.isClosed()) this.page = await this.tab();
    let seen;
    for (let i = 0; i < 30; i++) {
      await this.enter();
      seen = await this.sync();
      seen = { ...seen, ...(await this.counts()) };
      if (!seen.saved && !seen.sent) return;
      await wait(100);
    }
    assert.fail(`the phone still waits: ${JSON.stringify(seen)}`);
  }

  /** kill -9 of the browser, and a new one on the same storage. */
  async killBrowser() {
    const { stdout } = spawnSync('pgrep', ['-f', `user-data-dir=${this.profile}`], { encoding: 'utf8' });
    for (const pid of stdout.split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch (e) {
        if (e.code !== 'ESRCH') throw e; // it went with its parent
      }
    }
    await this.context.close().catch(() => undefined);
    rmSync(join(this.profile, 'SingletonLock'), { force: true });
    await this.start();
    await this.enter();
  }
  async reload() {
    await this.page.close();
    this.page = await this.tab();
    await this.enter();
  }
  async end() {
    await this.context.close().catch(() => undefined);
    rmSync(this.profile, { recursive: true, force: true });
  }
}

export async function finish() {
  line.server?.close();
  line.server?.closeAllConnections();
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
}
