/** What waits on a phone as a file that only the server reads, and whether all of it has arrived. */
import { b64 } from '@/shared/upload.ts';
import { base64 } from '../crypto/box.ts';
import { greet } from '../sync/engine.ts';
import type { Line } from '../sync/line.ts';
import { type KnownPerson, nameOf, type PersonDB } from './db.ts';

/** What waits, as it lies in the store: nobody on the way can read it, the server can. */
export async function exportOf(db: PersonDB, person: KnownPerson) {
  const lock = await db.get('lock');
  const contact = await db.get('contact');
  const waiting = await db.outbox.where('stage').anyOf('fresh', 'queued', 'tried').sortBy('seq');
  const files = await db.files.where('done').equals(0).toArray();
  const photos = await Promise.all(
    files
      .filter((f) => f.command)
      .map(async (f) => {
        const kept = await db.blobs.get(f.id);
        return kept && { key: f.id, name: nameOf(f), data: base64(kept.box) };
      }),
  );
  return {
    linli: 'sync-export',
    v: 1,
    device: person.device,
    account: person.account,
    epoch: contact?.epoch ?? '',
    key: base64(lock?.sealed ?? new Uint8Array()),
    commands: waiting.map((c) => base64(c.box)),
    photos: photos.filter((p) => p !== undefined),
  };
}

/** Whether the server has every number and every photo of this phone. */
export async function arrived(
  line: Line,
  db: PersonDB,
  person: KnownPerson,
  label: string,
): Promise<boolean> {
  const { seq, missing } = await greet(line, person.device, label);
  if (missing.length || seq < ((await db.get('seq')) ?? 0)) return false;
  const tus = { 'Tus-Resumable': '1.0.0' };
  for (const f of await db.files.where('done').equals(0).toArray()) {
    if (!f.command) continue;
    // Created again under its id, an upload says how far it has come.
    const meta = `key ${b64(f.id)},sha256 ${b64(f.sha256)}`;
    const headers = { ...tus, 'Upload-Length': String(f.size), 'Upload-Metadata': meta };
    const made = await line.raw('/api/v1/files/', { method: 'POST', headers });
    const at = made.headers.get('location');
    if (made.status !== 201 || !at) return false;
    const head = await line.raw(at, { method: 'HEAD', headers: tus });
    if (Number(head.headers.get('upload-offset')) !== f.size) return false;
  }
  return true;
}
