/**
 * What makes the residents' pages quicker to use. Every page works without it; nothing here
 * holds a text that the server does not know. No framework: this is all that is loaded before
 * first use. The map comes only when it is opened.
 */
import { work } from './work.ts';

const form = document.querySelector<HTMLFormElement>('#report');
const one = <T extends HTMLElement = HTMLElement>(q: string, from: ParentNode = document) =>
  from.querySelector<T>(q);
const lang = document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';
const words: Record<string, string> = JSON.parse(form?.dataset.words ?? '{}');
const word = (k: string) => words[`js.${k}`] ?? k;

document.documentElement.classList.add('scripted');
for (const e of document.querySelectorAll<HTMLElement>('[data-tools]')) e.hidden = false;

/** An element with a class and text; never HTML, because texts come from people. */
function make<K extends keyof HTMLElementTagNameMap>(tag: K, text = '', cls = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  e.textContent = text;
  if (cls) e.className = cls;
  return e;
}
const say = (where: HTMLElement | null, ...nodes: Node[]) => where?.replaceChildren(...nodes);

function later(wait: number, f: () => void) {
  let t = 0;
  return () => {
    clearTimeout(t);
    t = window.setTimeout(f, wait);
  };
}

const print = one<HTMLButtonElement>('[data-print]');
if (print) {
  print.hidden = false;
  print.onclick = () => window.print();
}
one('#error')?.focus();

interface Hint {
  call?: string;
  text: string;
}
interface Hints {
  urgent: Hint[];
  elsewhere: Hint[];
  categories: { id: number; name: string; share: number }[];
  similar: {
    number: string;
    title: string;
    community: string;
    reported: string;
    phase: string;
    people: number;
  }[];
  preview: string;
}
interface Found {
  name: string;
  path: string;
  lon: number;
  lat: number;
  pick: string;
}

if (form) report(form);

function report(form: HTMLFormElement) {
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const text = one<HTMLTextAreaElement>('#text', form) as HTMLTextAreaElement;
  const category = one<HTMLSelectElement>('#category', form) as HTMLSelectElement;
  const place = one<HTMLInputElement>('#place', form) as HTMLInputElement;
  const token = form.dataset.form as string;
  let spot: { lon: number; lat: number } | null = null;

  // A draft outlives a closed tab; it never leaves the phone.
  const key = 'linli.door.text';
  try {
    if (!text.value) text.value = sessionStorage.getItem(key) ?? '';
  } catch {
    // storage is switched off
  }

  const worked = work(token);
  let ready = false;
  void worked.then((n) => {
    field('work').value = n;
    ready = true;
  });
  let choice: HTMLElement | null = null;
  form.addEventListener('submit', (e) => {
    choice = e.submitter;
    try {
      sessionStorage.removeItem(key);
    } catch {
      // storage is switched off
    }
    if (ready || form.dataset.urgent) return;
    e.preventDefault();
    void worked.then(() => form.requestSubmit(choice as HTMLButtonElement | null));
  });

  let asked = 0;
  async function hint() {
    const n = ++asked;
    const res = await fetch('/api/v1/door/hints', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        text: text.value.slice(0, 4000),
        lang,
        ...(Number(category.value) ? { category_id: Number(category.value) } : {}),
        ...(spot ?? {}),
      }),
    }).catch(() => null);
    if (!res?.ok || n !== asked) return;
    show((await res.json()) as Hints);
  }
  const soon = later(600, () => void hint());
  text.addEventListener('input', () => {
    try {
      sessionStorage.setItem(key, text.value);
    } catch {
      // storage is switched off
    }
    soon();
  });

  function show(h: Hints) {
    if (h.urgent.length) form.dataset.urgent = '1';
    else delete form.dataset.urgent;
    const calls = h.urgent.map((u) => {
      const box = make('div', '', 'urgent');
      box.append(make('p', u.text));
      if (u.call) {
        const a = make('a', u.call, 'call');
        a.href = `tel:${u.call}`;
        box.append(a);
      }
      return box;
    });
    const before = one('#calls')?.textContent;
    if (before !== calls.map((c) => c.textContent).join('')) say(one('#calls'), ...calls);
    say(one('#elsewhere'), ...h.elsewhere.map((e) => make('p', `${e.text} ${e.call ?? ''}`, 'note')));
    const chips = make('p', '', 'chips');
    for (const g of h.categories.slice(0, 3)) {
      const b = make('button', g.name, 'quiet');
      b.type = 'button';
      b.setAttribute('aria-pressed', String(category.value === String(g.id)));
      b.onclick = () => {
        category.value = String(g.id);
        category.dispatchEvent(new Event('change'));
      };
      chips.append(b);
    }
    say(one('#guesses'), ...(h.categories.length ? [make('p', word('likely'), 'hint'), chips] : []));
    similar(h.similar);
    const preview = one('#preview') as HTMLElement;
    preview.hidden = !h.preview;
    say(one('blockquote', preview), make('p', h.preview));
  }

  function similar(list: Hints['similar']) {
    const box = one('#similar');
    const chosen = form.querySelector<HTMLInputElement>('input[name="into"]:checked')?.value ?? '';
    if (!list.length) {
      if (!chosen) say(box);
      return;
    }
    const set = make('fieldset', '', 'field similar');
    set.append(make('legend', word('similar')), make('p', word('similar_why'), 'hint'));
    const row = (value: string, ...say: (string | Node)[]) => {
      const l = make('label', '', 'choice');
      const i = make('input');
      i.type = 'radio';
      i.name = 'into';
      i.value = value;
      i.checked = value === chosen;
      const s = make('span');
      s.append(...say);
      l.append(i, s);
      set.append(l);
    };
    for (const m of list)
      row(
        m.number,
        make('b', m.title),
        make(
          'small',
          [
            m.community,
            m.reported,
            m.phase,
            m.people > 1 ? word('people').replace('{n}', String(m.people)) : '',
          ]
            .filter(Boolean)
            .join(' · '),
        ),
      );
    row('', word('similar_none'));
    say(box, set);
  }

  category.addEventListener('change', async () => {
    soon();
    const res = await fetch(`/door/questions?category=${category.value}&lang=${lang}`).catch(() => null);
    const box = one('#questions');
    if (!res?.ok || !box) return;
    // Made by our own server from the rulebook; a parsed document runs no script.
    const page = new DOMParser().parseFromString(await res.text(), 'text/html');
    box.replaceChildren(...page.body.childNodes);
  });

  // Where
  let found: Found[] = [];
  function places() {
    if (!found.length) return say(one('#places'));
    const set = make('fieldset');
    set.append(make('legend', word('which')));
    for (const f of found) {
      const l = make('label', '', 'choice');
      const i = make('input');
      i.type = 'radio';
      i.name = 'pick';
      i.value = f.pick;
      i.onchange = () => take(f);
      const s = make('span', `${f.name} `);
      s.append(make('small', f.path));
      l.append(i, s);
      set.append(l);
    }
    say(one('#places'), set);
  }
  function take(f: Found) {
    spot = f.lon || f.lat ? { lon: f.lon, lat: f.lat } : null;
    field('lon').value = field('lat').value = '';
    place.value = f.name;
    const keep = make('input');
    keep.type = 'hidden';
    keep.name = 'pick';
    keep.value = f.pick;
    say(one('#places'), keep);
    place.focus();
    void hint();
  }
  const search = later(350, async () => {
    field('lon').value = field('lat').value = '';
    spot = null;
    if (place.value.trim().length < 2) {
      found = [];
      return places();
    }
    const res = await fetch(`/api/v1/door/places?q=${encodeURIComponent(place.value.trim())}`).catch(
      () => null,
    );
    if (!res?.ok) return;
    found = ((await res.json()) as { items: Found[] }).items;
    places();
  });
  place.addEventListener('input', search);

  async function at(lon: number, lat: number) {
    const res = await fetch(`/api/v1/door/places?lon=${lon}&lat=${lat}`).catch(() => null);
    const items = res?.ok ? ((await res.json()) as { items: Found[] }).items : [];
    if (!items[0]) return say(one('#places'), make('p', word('outside'), 'note'));
    field('lon').value = String(lon);
    field('lat').value = String(lat);
    place.value = items[0].name;
    spot = { lon, lat };
    say(one('#places'), make('p', word('chosen').replace('{place}', items[0].name), 'hint'));
    void hint();
  }
  const here = one<HTMLButtonElement>('[data-here]');
  if (here) {
    here.hidden = !navigator.geolocation;
    here.onclick = () =>
      navigator.geolocation.getCurrentPosition(
        (p) => void at(Number(p.coords.longitude.toFixed(6)), Number(p.coords.latitude.toFixed(6))),
        () => say(one('#places'), make('p', word('no_position'), 'note')),
        { enableHighAccuracy: true, timeout: 15_000 },
      );
  }
  const onMap = one<HTMLButtonElement>('[data-map]');
  if (onMap)
    onMap.onclick = async () => {
      const box = one('#map') as HTMLElement;
      box.hidden = false;
      const { pick } = await import('./map.ts');
      await pick(box, spot, (lon, lat) => void at(lon, lat), word('map'));
    };

  // Photos: shrunk here, which also leaves the file's place and time behind.
  const input = one<HTMLInputElement>('#photo') as HTMLInputElement;
  const most = 3;
  input.addEventListener('change', async () => {
    const files = [...(input.files ?? [])];
    const kept = () => form.querySelectorAll('input[name="file"]').length;
    for (const f of files) {
      if (kept() >= most) break;
      const li = make('li', word('sending'));
      one('#photos')?.append(li);
      try {
        const small = await shrink(f);
        const res = await fetch(`/api/v1/door/photos?form=${encodeURIComponent(token)}`, {
          method: 'POST',
          headers: { 'Content-Type': small.type },
          body: small,
        });
        if (!res.ok) throw new Error(((await res.json()) as { detail?: string }).detail ?? word('not_sent'));
        const keep = make('input');
        keep.type = 'hidden';
        keep.name = 'file';
        keep.value = String(((await res.json()) as { id: number }).id);
        const img = make('img');
        img.alt = f.name;
        img.src = URL.createObjectURL(small);
        const drop = make('button', word('remove'));
        drop.type = 'button';
        drop.onclick = () => li.remove();
        li.replaceChildren(img, drop, keep);
      } catch (e) {
        li.textContent = e instanceof Error && e.message ? e.message : word('not_sent');
      }
    }
    input.value = ''; // they were sent; the form does not send them again
  });
  if (text.value) void hint();
}

/** The picture, at most 1600 pixels long, as JPEG. */
async function shrink(file: File): Promise<Blob> {
  const url = URL.createObjectURL(file);
  try {
    const img = new Image();
    img.src = url;
    await img.decode();
    const scale = Math.min(1, 1600 / Math.max(img.naturalWidth, img.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(img.naturalWidth * scale);
    canvas.height = Math.round(img.naturalHeight * scale);
    canvas.getContext('2d')?.drawImage(img, 0, 0, canvas.width, canvas.height);
    return await new Promise((ok, no) =>
      canvas.toBlob((b) => (b ? ok(b) : no(new Error(word('not_sent')))), 'image/jpeg', 0.82),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

const all = one<HTMLButtonElement>('[data-mattermap]');
if (all)
  all.onclick = async () => {
    const box = one('#map') as HTMLElement;
    box.hidden = false;
    const { matters } = await import('./map.ts');
    await matters(box, all.dataset.mattermap as string, all.textContent ?? '');
  };
