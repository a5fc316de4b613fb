// node faults/run.mjs [--quick] [part of a name …]: breaks what lies between a phone's browser and
// the program, one way after another; each ends in one comparison of phone and server.
import { faults } from './faults.mjs';
import { finish, line, server, World } from './lib.mjs';

const quick = process.argv.includes('--quick');
const parts = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const chosen = faults.filter((f) => (!quick || f.quick) && (!parts.length || parts.some((p) => f.name.includes(p))));

let failed = 0;
const timely = (work, most = 90_000) => {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done after ${most / 1000} s`)), most);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
try {
  await server.begin();
  await line.begin();
  for (const f of chosen) {
    const began = Date.now();
    const world = new World();
    try {
      const { records, photos } = await timely(f.run(world).then(() => world.compare()), f.most);
      console.log(`ok   ${f.name}: ${records} records, ${photos} photos, each once (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (e) {
      failed += 1;
      console.log(`FAIL ${f.name}\n${e.stack ?? e}`);
    } finally {
      await world.close();
      await server.start();
    }
  }
  console.log(`${chosen.length - failed} of ${chosen.length} faults did no harm`);
} catch (e) {
  failed += 1;
  console.error(e);
} finally {
  await finish();
}
process.exit(failed ? 1 : 0);
