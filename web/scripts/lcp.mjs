// Largest paint of the residents' pages on a slow phone: node scripts/lcp.mjs BASE [path …]
// 1.6 Mbit/s, 150 ms round trip, CPU four times slower, empty cache, 360×640; median of five.
import { chromium } from 'playwright-core';

const [base, ...paths] = process.argv.slice(2);
const budget = 2000;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
let bad = false;
for (const path of paths.length ? paths : ['/', '/follow', '/matters']) {
  const times = [];
  let bytes = 0;
  for (let i = 0; i < 5; i++) {
    const context = await browser.newContext({
      viewport: { width: 360, height: 640 },
      isMobile: true,
      hasTouch: true,
      locale: 'zh-CN',
    });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 150,
      downloadThroughput: (1.6 * 1024 * 1024) / 8,
      uploadThroughput: (0.75 * 1024 * 1024) / 8,
    });
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    bytes = 0;
    cdp.on('Network.loadingFinished', (e) => {
      bytes += e.encodedDataLength;
    });
    await page.goto(base + path, { waitUntil: 'load' });
    times.push(
      await page.evaluate(
        () =>
          new Promise((done) => {
            new PerformanceObserver((l) => done(Math.round(l.getEntries().at(-1).startTime))).observe({
              type: 'largest-contentful-paint',
              buffered: true,
            });
          }),
      ),
    );
    await context.close();
  }
  times.sort((a, b) => a - b);
  bad ||= times[2] > budget;
  console.log(
    `${path}: largest paint ${times[2]} ms (${times.join(', ')}), ${(bytes / 1024).toFixed(1)} KB in all`,
  );
}
await browser.close();
if (bad) process.exit(1);
