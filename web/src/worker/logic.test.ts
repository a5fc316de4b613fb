import { describe, expect, test } from 'vitest';
import { findHomes } from './find.ts';
import { scaleBar, sheetOf } from './grid.ts';
import { guess } from './guess.ts';
import { changesOf } from './pages/HomeForms.tsx';
import { answered, complete } from './parts/Questions.tsx';
import { editPath } from './parts/Records.tsx';
import { daysBetween, sayBytes, sayDue, sayItem, sayLine } from './say.ts';
import { actsOn, heapOf } from './store/acts.ts';
import type { Category, Item, Sheet } from './store/contract.ts';
import { bookOf, fakePhone, type RowLists } from './store/fake.ts';
import { homeNow, today } from './store/today.ts';
import { casesAt, nextDoors, nextStop, pace, recordsOf } from './tour.ts';
import {
  askedBy,
  emptyVisit,
  missing,
  type ReportDraft,
  reportBody,
  reportOf,
  visitBody,
  visitOf,
} from './visit.ts';

const day = 20261128;
const v = { version: 1, grid: 9 };
const building = (id: number, name: string, more = {}) => ({ id, ...v, name, ...more });
const home = (id: number, b: number, room: string, more = {}) => ({
  id,
  ...v,
  building: b,
  unit: '1单元',
  room,
  ...more,
});
const task = (id: number, more: object) => ({
  id,
  ...v,
  kind: 'visit',
  rule: 'alone',
  title: `任务${id}`,
  priority: 2,
  building: 0,
  home: 0,
  due: 20261130,
  day,
  state: 'open' as const,
  ...more,
});
const rows: RowLists = {
  building: [
    building(1, '1号楼', { lon: 109.4, lat: 30.2, compound: '翠湖花园' }),
    building(3, '3号楼', { lon: 109.402, lat: 30.201, compound: '翠湖花园' }),
    building(4, '4号楼'),
  ],
  home: [
    home(101, 1, '101'),
    home(102, 1, '102', { name: '王**' }),
    home(502, 3, '502'),
    home(1001, 1, '1001'),
  ],
  need: [{ id: 1, ...v, home: 102, kind: 'alone', until: 20270601 }],
  task: [
    task(1, { building: 1, home: 101, rank: 0 }),
    task(2, { building: 1, home: 101, rank: 0 }),
    task(3, { building: 3, home: 0, rank: 1, kind: 'check' }),
    task(4, { building: 3, home: 502, rank: 2, due: 20261120 }),
  ],
};
const words = (key: string, o: Record<string, unknown> = {}) =>
  `${key.slice(key.indexOf(':') + 1)}${Object.keys(o).length ? ` ${Object.values(o).join(' ')}` : ''}`;
const stopOf = (h: number) => {
  const b = bookOf(rows);
  const here = b.homes.get(h);
  return { home: here ?? null, building: b.buildings.get(here?.building ?? 0) ?? null };
};

describe('the tour', () => {
  test('the next stop follows the walking order, a building’s own check included, and begins again', async () => {
    const phone = fakePhone(rows);
    const now = () => today(phone.book(), phone.outbox(), day);
    const lane = nextStop(now(), stopOf(101));
    expect(lane).toMatchObject({ building: { id: 3 }, home: null });
    expect(nextStop(now(), lane as never)).toMatchObject({ home: { id: 502 } });
    expect(nextStop(now(), stopOf(502))).toMatchObject({ home: { id: 101 } });
    await phone.record('visit.record', null, { tasks: [1, 2], home: 101, outcome: 'fine' });
    await phone.record('visit.record', null, { tasks: [3], home: 0, building: 3, outcome: 'fine' });
    expect(nextStop(now(), stopOf(502))).toBeNull();
  });

  test('neighbours are the doors on both sides', () => {
    const b = bookOf(rows);
    expect(nextDoors(b, b.homes.get(102) as never).map((h) => h.room)).toEqual(['101', '1001']);
    expect(nextDoors(b, b.homes.get(101) as never).map((h) => h.room)).toEqual(['102']);
  });

  test('a building’s records are not those of its homes', async () => {
    const phone = fakePhone(rows);
    const own = await phone.record('visit.record', null, {
      tasks: [3],
      home: 0,
      building: 3,
      outcome: 'fine',
    });
    const door = await phone.record('visit.record', null, {
      tasks: [4],
      home: 502,
      building: 3,
      outcome: 'fine',
    });
    const b = phone.book().buildings.get(3) ?? null;
    expect(recordsOf(phone.outbox(), { building: b, home: null }).map((i) => i.id)).toEqual([own]);
    expect(recordsOf(phone.outbox(), stopOf(502)).map((i) => i.id)).toEqual([door]);
  });

  test('pace leaves breaks out and says nothing of a single visit', () => {
    const at = (iso: string) => ({ kind: 'visit.record', at: iso }) as Item;
    const out = (items: Item[]) => ({ waiting: items, accepted: [], counts: {} as never, bytes: 0 });
    const all = () => true;
    expect(pace(out([at('2026-11-28T01:00:00Z')]), all)).toEqual({ visits: 1 });
    const morning = ['01:00', '01:10', '01:30', '06:00'].map((h) => at(`2026-11-28T${h}:00Z`));
    expect(pace(out(morning), all)).toEqual({ visits: 4, minutes: 15 });
  });
});

describe('the line and what is due', () => {
  test('the line says the counts that today worked out', async () => {
    const phone = fakePhone(rows);
    await phone.record('visit.record', null, { tasks: [1, 2], home: 101, outcome: 'fine' });
    expect(sayLine(today(phone.book(), phone.outbox(), day).line, words)).toBe(
      'line.visits 1 3 · line.todo 0 · line.overdue 1 · line.waiting 1',
    );
  });

  test('nobody in leaves the visit undone', async () => {
    const phone = fakePhone(rows);
    await phone.record('visit.record', null, { tasks: [1, 2], home: 101, outcome: 'absent' });
    expect(today(phone.book(), phone.outbox(), day).line).toMatchObject({ visited: 0, waiting: 1 });
    expect(homeNow(phone.book(), phone.outbox(), 101, day)?.tasks).toHaveLength(2);
  });

  test('days count over the ends of months', () => {
    expect(daysBetween(20261128, 20261201)).toBe(3);
    expect(sayDue({ due: 20261126 }, day, words)).toBe('due.over 2');
    expect(sayDue({ due: day }, day, words)).toBe('due.today');
    expect(sayDue({ due: 20270101 }, day, words)).toBe('due.left 34');
    expect(sayDue({ due: 0 }, day, words)).toBe('');
  });

  test('bytes', () => {
    expect([0, 999, 1001, 2_140_000].map(sayBytes)).toEqual(['0 KB', '1 KB', '2 KB', '2.1 MB']);
  });
});

describe('records', () => {
  const sheet: Sheet = {
    id: 's',
    version: 1,
    name: 's',
    questions: [
      { code: 'meals', text: '', why: '', datatype: 'singlevaluelist', required: true },
      { code: 'heat', text: '', why: '', datatype: 'number' },
      { code: 'likes', text: '', why: '', datatype: 'multivaluelist' },
    ],
  };

  test('a sheet is complete with its required answers, and sends only what was answered', () => {
    expect(complete([sheet], {})).toBe(false);
    expect(complete([sheet], { meals: [' '] })).toBe(false);
    expect(complete([sheet], { meals: ['good'] })).toBe(true);
    expect(answered([sheet], { meals: ['good'], heat: [' 16.5'], likes: [], other: ['x'] })).toEqual({
      meals: ['good'],
      heat: ['16.5'],
    });
  });

  test('a visit that found nobody sends no answers, and a form comes back from its record', () => {
    const draft = { ...emptyVisit, note: ' 门锁坏了 ', answers: { meals: ['good'] }, left: [2] };
    const tasks = rows.task?.slice(0, 2) as never;
    const body = visitBody(stopOf(101), 'absent', tasks, [sheet], draft);
    expect(body).toEqual({ tasks: [1], home: 101, building: 1, outcome: 'absent', note: '门锁坏了' });
    const fine = visitBody(stopOf(101), 'fine', tasks, [sheet], draft, { lon: 1, lat: 2 });
    expect(fine).toMatchObject({ answers: { meals: ['good'] }, lon: 1, lat: 2 });
    expect(visitOf({ body: fine, photos: [] } as never)).toMatchObject({
      note: '门锁坏了',
      answers: { meals: ['good'] },
    });
  });

  const report: ReportDraft = {
    text: '楼道堆物',
    spot: { lon: 109.4, lat: 30.2, grid_id: 9 },
    address: '翠湖花园 1号楼 1单元 101',
    name: '',
    phone: '',
    taken: { photos: [], voice: [] },
    result: '',
  };
  test('a report takes the building’s place unless the worker gave a position', () => {
    const body = reportBody(report, false, 'visit-1');
    expect(body).toEqual({
      text: '楼道堆物',
      channel: 'grid_worker',
      place: { lon: 109.4, lat: 30.2, crs: 'wgs84', address: report.address, grid_id: 9 },
      visit: 'visit-1',
    });
    expect(reportBody(report, false, undefined, { lon: 5, lat: 6 }).place).toMatchObject({ lon: 5, lat: 6 });
    const photos = [
      { id: 'p', type: 'image/jpeg' },
      { id: 'v', type: 'audio/webm' },
    ];
    expect(reportOf({ body, photos } as never)).toEqual({
      ...report,
      category: undefined,
      taken: { photos: ['p'], voice: ['v'] },
    });
  });

  test('a photo is asked for only where the category asks for it', () => {
    const c = (evidence?: Category['evidence']) => ({ id: 1, version: 1, code: 'x', name: 'x', evidence });
    expect(missing({ ...report, text: ' ' }, undefined, false)).toBe('text');
    expect(missing({ ...report, spot: {}, address: '' }, undefined, false)).toBe('place');
    expect(missing(report, undefined, false)).toBeUndefined();
    expect(missing(report, c({ found: true }), false)).toBe('found_photo');
    expect(missing(report, undefined, true)).toBe('category');
    expect(missing(report, c(), true)).toBe('result');
    expect(missing({ ...report, result: '已清理' }, c(), true)).toBeUndefined();
    expect(missing({ ...report, result: '已清理' }, c({ resolved: true }), true)).toBe('resolved_photo');
  });

  test('a category’s own questions are asked, and only they are answered', () => {
    const questions = [
      { code: 'lamp', text: '灯杆号', why: '找得到', datatype: 'string' as const, required: true },
    ];
    const c = { id: 1, version: 3, code: 'x', name: 'x', questions };
    expect(missing(report, c, false)).toBe('answers');
    const told = { ...report, answers: { lamp: ['A7'], other: ['of another category'] } };
    expect(missing(told, c, false)).toBeUndefined();
    const body = reportBody(told, false, undefined, undefined, askedBy(c));
    expect(body.answers).toEqual({ lamp: ['A7'] });
    expect(reportOf({ body, photos: [] } as never).answers).toEqual({ lamp: ['A7'] });
    expect(reportBody(told, false, undefined).answers).toBeUndefined();
  });

  test('only what the server has not accepted leads to its form', () => {
    const item = { id: 'i', kind: 'visit.record', editable: true, body: { home: 101 } } as unknown as Item;
    expect(editPath(item)).toBe('/home/101?edit=i');
    expect(editPath({ ...item, editable: false })).toBeUndefined();
    expect(editPath({ ...item, body: { building: 3, home: 0 } })).toBe('/building/3?edit=i');
    expect(editPath({ ...item, kind: 'case.report' })).toBe('/found?edit=i');
  });

  test('every kind of record has its words, also one of a newer version', () => {
    const item = (kind: string, body = {}) => sayItem({ kind, body } as Item, words);
    expect(item('visit.record', { outcome: 'fine' })).toBe('item.visit outcome.fine');
    expect(item('case.act', { action: 'verify_pass' })).toBe('act.verify_pass.name');
    expect(item('need.add')).toBe('item.need_add');
    expect(item('meeting.hold')).toBe('item.other meeting.hold');
  });

  test('an edit of a home sends only what was changed', () => {
    const h = { use: 'lived', people: 3, hint: '', every: 30 };
    expect(changesOf(h, h)).toEqual({});
    expect(changesOf(h, { ...h, people: 2, hint: '请敲门' })).toEqual({ people: 2, hint: '请敲门' });
    expect(changesOf(h, { ...h, every: 0 })).toEqual({ every: 0 });
  });
});

describe('finding', () => {
  const need = (k: string) => ({ alone: '独居' })[k] ?? k;
  test('homes by building and door, by surname, by care need', () => {
    const found = (q: string) => findHomes(bookOf(rows), q, need).map((h) => h.room);
    expect(found('1号楼')).toEqual(['101', '102', '1001']);
    expect(found('3号楼 502')).toEqual(['502']);
    expect(found('独居')).toEqual(['102']);
    expect(found('王')).toEqual(['102']);
    expect(found('不存在')).toEqual([]);
  });

  const cat = (id: number, name: string, more = {}): Category => ({
    id,
    version: 1,
    code: `${id}`,
    name,
    ...more,
  });
  const categories = new Map(
    [
      cat(1, '市政设施'),
      cat(11, '路灯不亮', { parent: 1 }),
      cat(12, '井盖破损', { parent: 1 }),
      cat(13, '噪声扰民', { parent: 1, keywords: ['吵', '广场舞'] }),
    ].map((c) => [c.id, c]),
  );
  test('categories by the text, by keywords, else by what is frequent', () => {
    const first = (text: string, used = new Map<number, number>()) => guess(text, categories, used)[0]?.id;
    expect(first('门口的路灯晚上不亮')).toBe(11);
    expect(first('楼下广场舞太吵了')).toBe(13);
    expect(first('', new Map([[12, 5]]))).toBe(12);
    expect(first('')).toBeUndefined();
    expect(guess('市政设施', categories, new Map()).every((c) => c.parent)).toBe(true);
  });

  const c = (more: object) => ({
    id: 1,
    version: 1,
    number: '1',
    title: '',
    status: 'reported',
    grade: 'general',
    ...more,
  });
  test('the acts on a case are those that the server’s table lets a grid worker do', () => {
    const onsite = cat(1, 'x', { onsite_allowed: true });
    expect(actsOn(c({ checking: true }), onsite, 7)).toEqual(['site_checked', 'note']);
    expect(actsOn(c({}), onsite, 7)).toEqual(['settle', 'note']);
    expect(actsOn(c({ grade: 'urgent' }), onsite, 7)).toEqual(['note']);
    expect(actsOn(c({ creator: 7, status: 'filed' }), null, 7)).toEqual(['note', 'withdraw']);
    expect(actsOn(c({ status: 'resolved' }), null, 7)).toEqual(['verify_pass', 'verify_fail', 'note']);
    expect(actsOn(c({ open: false }), onsite, 7)).toEqual([]);
    expect([['site_checked'], ['verify_pass'], ['settle'], ['note']].map(heapOf)).toEqual([
      'check',
      'verify',
      'solve',
      'follow',
    ]);
  });

  test('the matters of a door are those whose address is that door', () => {
    const now = (address: string) => ({ case: c({ address }) }) as never;
    const all = [
      now('翠湖花园 1号楼 1单元 101'),
      now('翠湖花园 1号楼'),
      now('翠湖花园 11号楼 1单元 1012'),
      now('别处'),
    ];
    expect(casesAt(all, stopOf(101))).toEqual([all[0]]);
    expect(casesAt(all, { building: stopOf(101).building, home: null })).toHaveLength(2);
  });
});

describe('the map', () => {
  test('buildings stand north up and in proportion; those without a position are left out', () => {
    const sheet = sheetOf(rows.building ?? [], today(bookOf(rows), fakePhone().outbox(), day).buildings);
    const [one, three] = sheet?.spots ?? [];
    expect(sheet?.spots).toHaveLength(2);
    expect(one && three && one.x < three.x && one.y > three.y).toBe(true);
    expect(three?.stop?.tasks).toBe(2);
    expect(sheet?.ratio).toBeCloseTo(0.7, 1);
    expect(sheetOf([building(4, '4号楼')], [])).toBeUndefined();
  });
  test('the scale is a round length', () => {
    expect(scaleBar(900)).toEqual({ metres: 200, share: 200 / 900 });
    expect(scaleBar(131).metres).toBe(20);
  });
});
