// A browser for one file of journeys: pages of signed-in people, watched for anything the
// browser complains about; pictures of failures in out/.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { base, password } from './api.mjs';

const out = process.env.LINLI_OUT ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'out');
export const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      // A microphone that beeps, and nobody to ask.
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--no-sandbox',
      '--disable-gpu',
      '--enable-unsafe-swiftshader',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
});
after(() => browser?.close());

class Desk {
  pages = [];
  contexts = [];
  trouble = [];
  /** What a journey provokes itself and the browser is bound to report. */
  expected = [];

  expect(pattern) {
    this.expected.push(pattern);
  }
  complain(who, text) {
    this.trouble.push(`${who}: ${text}`);
  }

  /** A page for a person; nobody without a role. Each has a context of its own. door: a page of
   *  the residents' instead of the desk's; script: false as in a browser that runs none. */
  async open(role, path = '/', { size = 'desktop', lang = 'zh', door = false, script = true } = {}) {
    const context = await browser.newContext({
      viewport: sizes[size],
      hasTouch: size === 'phone',
      isMobile: size === 'phone',
      locale: lang === 'zh' ? 'zh-CN' : 'en-GB',
      timezoneId: 'Asia/Shanghai',
      reducedMotion: 'reduce',
      acceptDownloads: true,
      javaScriptEnabled: script,
      baseURL: base,
    });
    context.setDefaultTimeout(30_000);
    this.contexts.push(context);
    await context.addInitScript((l) => {
      if (!localStorage.getItem('linli.lang')) {
        localStorage.setItem('linli.lang', l);
        localStorage.setItem('linli.lang.here', '1');
      }
      addEventListener('securitypolicyviolation', (e) =>
        console.error(`policy violation: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`),
      );
    }, lang);
    const who = role || 'nobody';
    if (role) {
      const res = await context.request.post(`${base}/api/v1/session`, { data: { login: role, password } });
      assert.ok(res.ok(), `${role} signs in: ${res.status()}`);
    }
    const page = await context.newPage();
    this.pages.push([who, page]);
    page.on('console', (m) => {
      if (m.type() === 'error') this.complain(who, `console: ${m.text()} ${m.location().url}`);
    });
    page.on('pageerror', (e) => this.complain(who, `error: ${e.stack ?? e}`));
    page.on('requestfailed', (r) => {
      // A request that the page itself gave up is none that failed.
      const why = r.failure()?.errorText ?? '';
      if (why !== 'net::ERR_ABORTED') this.complain(who, `request: ${why} ${r.method()} ${r.url()}`);
    });
    page.on('response', (r) => {
      if (r.status() >= 400) this.complain(who, `answer: ${r.status()} ${r.request().method()} ${r.url()}`);
    });
    await page.goto(door ? path : `/desk${path}`);
    return page;
  }

  async pictures(name) {
    mkdirSync(out, { recursive: true });
    const file = name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
    for (const [i, [who, page]] of this.pages.entries())
      await page.screenshot({ path: join(out, `${file}-${i}-${who}.png`) }).catch(() => {});
  }
  async close() {
    for (const c of this.contexts) await c.close().catch(() => {});
  }
}

/** One journey: it fails with the page's own complaints as well as with its own. */
export function journey(name, walk, { timeout = 180_000 } = {}) {
  test(name, { timeout }, async () => {
    const desk = new Desk();
    try {
      await walk(desk);
      const bad = desk.trouble.filter((t) => !desk.expected.some((p) => p.test(t)));
      assert.deepEqual(bad, [], 'the browser complained');
    } catch (e) {
      await desk.pictures(name);
      if (desk.trouble.length) console.error([...new Set(desk.trouble)].join('\n'));
      throw e;
    } finally {
      await desk.close();
    }
  });
}

/** No serious or critical finding, and nothing wider than the screen. */
export async function sound(page, what) {
  await page.waitForFunction(
    () =>
      !document.querySelector('.ant-skeleton, .ant-spin-spinning') &&
      document.getAnimations().every((a) => a.playState !== 'running' || a.effect?.getTiming().iterations === Infinity),
  );
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  const bad = violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
  assert.deepEqual(bad, [], `accessibility of ${what}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(over <= 0, `${what} is ${over} px too wide`);
}

/** Goes by Tab to what a selector finds, as a person without a mouse does. */
export async function tabTo(page, selector, most = 60) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => !!document.activeElement?.matches(s), selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${selector} cannot be reached by ${most} tabs`);
}

export const row = (page, text) => page.locator('tbody tr', { hasText: text });

/** The form of an action: the dialog in front. */
export const form = (page) => page.getByRole('dialog').last();

/** Sends the form in front and waits until it is gone. */
export async function send(page, fill = async () => {}) {
  const dialog = form(page);
  await dialog.waitFor();
  await fill(dialog);
  await dialog.locator('.ant-modal-footer .ant-btn-primary').click();
  await dialog.waitFor({ state: 'hidden' });
}
