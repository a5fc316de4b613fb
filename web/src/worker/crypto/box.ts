/**
 * Boxes: AES-256-GCM with the phone's data key. A box is nonce (12) | ciphertext,
 * bound by its name ("draft visit 1"), so that one cannot stand in another's place;
 * "" for what the server opens from an export, which tells itself what it is.
 * The data key exists wrapped by the PIN and sealed to the server, never plain.
 */
const subtle = () => globalThis.crypto.subtle;
const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
const utf8 = new TextEncoder();
const text = new TextDecoder();

export type Bytes = Uint8Array<ArrayBuffer>;

/** base64, in slices that no argument list is too short for. */
export function base64(b: Uint8Array): string {
  let bin = '';
  for (let i = 0; i < b.length; i += 0x8000) bin += String.fromCharCode(...b.subarray(i, i + 0x8000));
  return btoa(bin);
}
export const fromBase64 = (s: string): Bytes => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));

export const hex = (b: ArrayBuffer | Uint8Array): string =>
  [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
export const sha256 = async (b: BufferSource): Promise<string> => hex(await subtle().digest('SHA-256', b));

/** A key for boxes that script cannot read again. */
export const boxKey = (raw: Bytes): Promise<CryptoKey> =>
  subtle().importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);

export async function box(key: CryptoKey, name: string, plain: Bytes): Promise<Bytes> {
  const iv = random(12);
  const sealed = await subtle().encrypt(
    { name: 'AES-GCM', iv, additionalData: utf8.encode(name) },
    key,
    plain,
  );
  const out = new Uint8Array(12 + sealed.byteLength);
  out.set(iv);
  out.set(new Uint8Array(sealed), 12);
  return out;
}

/** Throws if the key, the name or a byte is not the one of then. */
export async function unbox(key: CryptoKey, name: string, b: Bytes): Promise<Bytes> {
  const iv = b.subarray(0, 12);
  const how = { name: 'AES-GCM', iv, additionalData: utf8.encode(name) };
  return new Uint8Array(await subtle().decrypt(how, key, b.subarray(12)));
}

export const boxJSON = (key: CryptoKey, name: string, value: unknown): Promise<Bytes> =>
  box(key, name, utf8.encode(JSON.stringify(value)) as Bytes);
export const unboxJSON = async <T>(key: CryptoKey, name: string, b: Bytes): Promise<T> =>
  JSON.parse(text.decode(await unbox(key, name, b))) as T;

/** How the PIN wraps the data key. `rounds` of PBKDF2-HMAC-SHA-256 (OWASP 2023: ≥ 600,000). */
export interface Wrapped {
  salt: Bytes;
  rounds: number;
  key: Bytes;
}
export const rounds = 600_000;

async function pinKey(pin: string, salt: Bytes, n: number): Promise<CryptoKey> {
  const from = await subtle().importKey('raw', utf8.encode(pin), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: n };
  return subtle().deriveKey(how, from, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

export async function wrap(raw: Bytes, pin: string, n = rounds): Promise<Wrapped> {
  const salt = random(16);
  return { salt, rounds: n, key: await box(await pinKey(pin, salt, n), 'data key', raw) };
}

/** The data key; undefined for a wrong PIN. */
export async function unwrap(w: Wrapped, pin: string): Promise<Bytes | undefined> {
  const key = await pinKey(pin, w.salt, w.rounds);
  try {
    return await unbox(key, 'data key', w.key);
  } catch {
    return undefined; // GCM tells a wrong key from a right one
  }
}

export const newDataKey = (): Bytes => random(32);

// The form of internal/kernel/offline/seal.go, which opens it.
const mark = utf8.encode('LNL1');
const info = utf8.encode('linli sync 1');

/** Encrypts so that only the server reads it: ECDH on P-256 with a fresh key, HKDF-SHA-256, AES-256-GCM. */
export async function seal(serverKey: Bytes, plain: Bytes): Promise<Bytes> {
  const curve = { name: 'ECDH', namedCurve: 'P-256' };
  const server = await subtle().importKey('raw', serverKey, curve, true, []);
  const own = await subtle().generateKey(curve, true, ['deriveBits']);
  const point = new Uint8Array(await subtle().exportKey('raw', own.publicKey));
  const shared = await subtle().deriveBits({ name: 'ECDH', public: server }, own.privateKey, 256);
  const salt = new Uint8Array(2 * point.length);
  salt.set(point);
  salt.set(new Uint8Array(serverKey), point.length);
  const from = await subtle().importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info };
  const key = await subtle().deriveKey(how, from, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const iv = random(12);
  const sealed = new Uint8Array(await subtle().encrypt({ name: 'AES-GCM', iv }, key, plain));
  const out = new Uint8Array(mark.length + point.length + iv.length + sealed.length);
  let at = 0;
  for (const part of [mark, point, iv, sealed]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
