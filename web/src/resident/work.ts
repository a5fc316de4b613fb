/**
 * A small proof of work in place of a puzzle: the form's token and a number whose
 * SHA-256 begins with enough zero bits. About 4,000 hashes, done while people type.
 * Own SHA-256, because crypto.subtle is absent without TLS and slow for many small texts.
 */
const K = new Uint32Array(64);
const H0 = new Uint32Array(8);
{
  // The first 32 bits of the fractional parts of the cube and square roots of the first primes.
  const frac = (x: number) => ((x - Math.floor(x)) * 0x100000000) >>> 0;
  let n = 0;
  for (let c = 2; n < 64; c++) {
    let prime = true;
    for (let d = 2; d * d <= c; d++) if (c % d === 0) prime = false;
    if (!prime) continue;
    if (n < 8) H0[n] = frac(Math.sqrt(c));
    K[n++] = frac(Math.cbrt(c));
  }
}
const w = new Uint32Array(64);

/** SHA-256 of ASCII text, as eight words. */
export function sha256(text: string): Uint32Array {
  const len = text.length;
  const blocks = ((len + 8) >> 6) + 1;
  const h = H0.slice();
  const at = (i: number) => (i < len ? text.charCodeAt(i) : i === len ? 0x80 : 0);
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < 16; i++) {
      const o = b * 64 + i * 4;
      w[i] = (at(o) << 24) | (at(o + 1) << 16) | (at(o + 2) << 8) | at(o + 3);
    }
    if (b === blocks - 1) w[15] = len * 8;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    let [a, bb, c, d, e, f, g, hh] = h as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (hh + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (w[i] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & bb) ^ (a & c) ^ (bb & c))) | 0;
      hh = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = bb;
      bb = a;
      a = (t1 + t2) | 0;
    }
    [a, bb, c, d, e, f, g, hh].forEach((v, i) => {
      h[i] = (h[i] as number) + v;
    });
  }
  return h;
}

const bits = 12;

/** Finds the number for the token, a slice at a time so that typing stays smooth. */
export function work(token: string): Promise<string> {
  return new Promise((done) => {
    let n = 0;
    const slice = () => {
      const until = performance.now() + 8;
      do {
        if ((sha256(`${token}:${n}`)[0] as number) >>> (32 - bits) === 0) return done(String(n));
        n++;
      } while (performance.now() < until);
      setTimeout(slice, 4);
    };
    slice();
  });
}
