// Makes a small demo city, serves it with bin/linli and runs the journeys against it, each file
// with its own browser. `node run.mjs 2-dispatcher` runs one; LINLI_BASE=http://… uses a server
// that runs already (its data is changed by the journeys).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = process.env.LINLI ?? join(here, '..', 'bin', 'linli');
const chosen = process.argv.slice(2);
const files = readdirSync(join(here, 'journeys'))
  .filter((f) => f.endsWith('.mjs') && (!chosen.length || chosen.some((c) => f.includes(c))))
  .sort()
  .map((f) => join(here, 'journeys', f));

const freePort = () =>
  new Promise((done, fail) => {
    const s = createServer();
    s.once('error', fail);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

async function ready(base, server) {
  for (let i = 0; i < 300; i++) {
    if (server.exitCode !== null) throw new Error(`linli serve ended with ${server.exitCode}`);
    const ok = await fetch(`${base}/readyz`).then((r) => r.ok, () => false);
    if (ok) return;
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error('linli serve is not ready after 30 s');
}

let server;
let folder;
let code = 1;
try {
  let base = process.env.LINLI_BASE;
  if (!base) {
    if (!existsSync(program)) throw new Error(`${program} is missing: run make build first`);
    folder = mkdtempSync(join(tmpdir(), 'linli-e2e-'));
    const made = spawnSync(program, ['demo', '--data', folder, '--scale', '0.05', '--days', '20', '--seed', '7'], {
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`linli demo: ${made.stdout}${made.stderr}`);
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    server = spawn(program, ['serve', '--addr', `127.0.0.1:${port}`, '--data', folder, '--quiet'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await ready(base, server);
  }
  if (!process.env.LINLI_OUT) rmSync(join(here, 'out'), { recursive: true, force: true });
  const tests = spawn(
    process.execPath,
    ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
    { stdio: 'inherit', env: { ...process.env, LINLI_BASE: base } },
  );
  code = await new Promise((done) => tests.on('exit', (c) => done(c ?? 1)));
} catch (e) {
  console.error(e.message);
} finally {
  if (server && server.exitCode === null) {
    server.kill('SIGTERM');
    await new Promise((done) => server.once('exit', done));
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
