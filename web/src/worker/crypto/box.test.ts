import { createDecipheriv, createECDH, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Bytes, base64, box, boxKey, fromBase64, newDataKey, seal, unbox, unwrap, wrap } from './box.ts';

const words = new TextEncoder().encode('3号楼 501，王奶奶') as Bytes;

test('a box opens with its key and its name only, and not once a byte has changed', async () => {
  const key = await boxKey(newDataKey());
  const b = await box(key, 'command 1', words);
  expect(await unbox(key, 'command 1', b)).toEqual(words);
  await expect(unbox(key, 'command 2', b)).rejects.toThrow();
  await expect(unbox(await boxKey(newDataKey()), 'command 1', b)).rejects.toThrow();
  b[20] = (b[20] as number) ^ 1;
  await expect(unbox(key, 'command 1', b)).rejects.toThrow();
});

test('the PIN opens the data key, another PIN does not', async () => {
  const raw = newDataKey();
  const w = await wrap(raw, '204816', 1000);
  expect(await unwrap(w, '204816')).toEqual(raw);
  expect(await unwrap(w, '204817')).toBeUndefined();
});

test('what is sealed opens with the server’s key by the steps of seal.go', async () => {
  const server = createECDH('prime256v1');
  const pub = new Uint8Array(server.generateKeys()) as Bytes;
  const sealed = Buffer.from(await seal(pub, words));
  expect(sealed.subarray(0, 4).toString()).toBe('LNL1');
  const point = sealed.subarray(4, 69);
  const salt = Buffer.concat([point, pub]);
  const key = Buffer.from(hkdfSync('sha256', server.computeSecret(point), salt, 'linli sync 1', 32));
  const open = createDecipheriv('aes-256-gcm', key, sealed.subarray(69, 81));
  open.setAuthTag(sealed.subarray(-16));
  expect(Buffer.concat([open.update(sealed.subarray(81, -16)), open.final()])).toEqual(Buffer.from(words));
});

test('base64 of bytes that are longer than an argument list', () => {
  const long = new Uint8Array(200_000).map((_, i) => i % 251) as Bytes;
  expect(Buffer.from(fromBase64(base64(long))).equals(Buffer.from(long))).toBe(true);
});
