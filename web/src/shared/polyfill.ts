/** What Chromium 90 lacks and our libraries call. Import first; the map worker imports it too. */
type AtLike = { length: number; [i: number]: unknown };

function at(this: AtLike, index: number): unknown {
  const i = Math.trunc(index) || 0;
  return this[i < 0 ? this.length + i : i];
}

// Kept by its own name: Object.hasOwn here would call itself for ever.
const has = Object.prototype.hasOwnProperty;
const standard = Object as unknown as Record<string, unknown>;
if (!standard.hasOwn) {
  Object.defineProperty(Object, 'hasOwn', {
    value: (o: object, k: PropertyKey) => has.call(o, k),
    configurable: true,
    writable: true,
  });
}
for (const proto of [
  Array.prototype,
  String.prototype,
  Object.getPrototypeOf(Uint8Array.prototype),
] as object[]) {
  if (!('at' in proto)) Object.defineProperty(proto, 'at', { value: at, configurable: true, writable: true });
}
if (!('structuredClone' in globalThis)) {
  Object.defineProperty(globalThis, 'structuredClone', {
    value: (v: unknown) => (v === undefined ? undefined : JSON.parse(JSON.stringify(v))),
    configurable: true,
    writable: true,
  });
}

export {};
