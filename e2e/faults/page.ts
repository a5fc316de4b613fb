/** The phone's library in a browser without its pages: what a fault does must not depend on a button. */
import { browserHost } from '@/worker/store/host.ts';
import { RealPhone } from '@/worker/store/phone.ts';

const phone = new RealPhone({ ...browserHost(), patience: 2500, rounds: 1000 });

/** A JPEG of noise, which compresses badly. */
async function picture(edge: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = edge;
  const ctx = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = ctx.createImageData(edge, edge);
  for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
  ctx.putImageData(image, 0, 0);
  return await new Promise((done, fail) =>
    canvas.toBlob((b) => (b ? done(b) : fail(new Error('no picture'))), 'image/jpeg', 0.9),
  );
}

/** Pictures of these edges, kept on the phone. */
async function shotsOf(edges: number[]): Promise<string[]> {
  const shots: string[] = [];
  for (const edge of edges) {
    const id = phone.newId();
    await phone.keepShot({ id, blob: await picture(edge) });
    shots.push(id);
  }
  return shots;
}

Object.assign(window, {
  phone,
  async record(title: string, place: object, edges: number[] = [], kind = 'case.report') {
    const shots = await shotsOf(edges);
    const body = { text: `${title}，路灯不亮`, title, place, photos: shots };
    return phone.record(kind, null, body, { shots });
  },
  /** A visit at the n-th home of the grid. */
  async visit(n: number, edges: number[]) {
    if (!phone.book().homes.size) await phone.settle();
    const homes = [...phone.book().homes.keys()];
    const shots = await shotsOf(edges);
    const body = { home: homes[n % homes.length], outcome: 'fine', photos: shots };
    return phone.record('visit.record', null, body, { shots });
  },
  /** One pass, and what is seen after it. */
  async sync() {
    await phone.settle();
    return { ...phone.outbox().counts, state: phone.syncing().state };
  },
});
