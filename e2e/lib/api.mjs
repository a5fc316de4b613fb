// The REST interface, to bring about what a journey starts from.
export const base = process.env.LINLI_BASE ?? 'http://127.0.0.1:8080';
export const password = 'linli-demo-2026';

const tokens = new Map();

async function request(role, method, path, body) {
  const headers = { 'Content-Type': 'application/json', 'Accept-Language': 'zh-CN' };
  if (role) headers.Authorization = `Bearer ${await token(role)}`;
  const res = await fetch(`${base}/api/v1${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await res.text();
  if (!res.ok) throw new Error(`${role ?? '-'} ${method} ${path}: ${res.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function token(role) {
  if (!tokens.has(role)) tokens.set(role, (await request('', 'POST', '/session', { login: role, password })).token);
  return tokens.get(role);
}

/** as('handler').get('/cases') */
export const as = (role) => ({
  get: (path) => request(role, 'GET', path),
  post: (path, body) => request(role, 'POST', path, body),
  put: (path, body) => request(role, 'PUT', path, body),
  patch: (path, body) => request(role, 'PATCH', path, body),
});

export const me = (role) => as(role).get('/session');
export const detail = (role, id) => as(role).get(`/cases/${id}`);

/** One step of a case, with its present version. */
export async function act(role, id, action, fields = {}) {
  const { case: c } = await detail(role, id);
  return as(role).post(`/cases/${id}/actions`, { action, version: c.version, ...fields });
}

let serial = 0;
/** Words that no other journey uses, so that a row can be found by them. */
export const word = (what) => `${what}${process.pid}${String.fromCharCode(97 + (serial++ % 26))}`;

/** The compound in the demo grid worker's grid; all demo people of the street can reach it. */
export async function home() {
  const { items } = await as('operator').get(`/places?q=${encodeURIComponent('荷塘壹号')}&limit=5`);
  const p = items.find((i) => i.kind === 'compound') ?? items[0];
  return { lon: p.lon, lat: p.lat, address: p.name, community: p.community?.code, grid_id: p.grid_id };
}

let leaves;
/** Leaves of the category tree that fulfil a condition. */
export async function category(want = () => true) {
  if (!leaves) {
    const { items } = await as('admin').get('/categories');
    const flat = (list) => list.flatMap((c) => [c, ...flat(c.items ?? c.children ?? [])]);
    leaves = flat(items).filter((c) => c.leaf);
  }
  const found = leaves.find(want);
  if (!found) throw new Error('no category fulfils the condition');
  return found;
}
const plain = (c) => !c.evidence?.resolved && !c.evidence?.found;

/** A new matter at the demo place. */
export async function report(role, text, more = {}) {
  return as(role).post('/cases', {
    text,
    title: text,
    channel: role === 'gridworker' ? 'grid_worker' : 'hotline',
    place: { ...(await home()), crs: 'wgs84' },
    reporter: { name: '陈测试', phone: '13800000001' },
    ...more,
  });
}

/** A matter filed and on the desk of the demo handler. */
export async function dispatched(text, want = plain) {
  const cat = await category(want);
  const c = await report('operator', text, { category_id: cat.id });
  const org = (await me('handler')).posts[0].org;
  await act('dispatcher', c.id, 'accept');
  await act('dispatcher', c.id, 'file', { category_id: cat.id, grade: 'general' });
  await act('dispatcher', c.id, 'dispatch', { lead: org.id });
  return { ...c, org };
}

/** A matter that the handler says is done. */
export async function resolved(text) {
  const c = await dispatched(text);
  await act('handler', c.id, 'sign');
  await act('handler', c.id, 'start').catch(() => {});
  await act('handler', c.id, 'resolve', { result: '已到现场处理，恢复正常。' });
  return c;
}
