import { expect, test } from 'vitest';
import { bookOf, fakePhone, outboxOf, type RowLists } from './fake.ts';
import { casesNow, homeNow, today } from './today.ts';

const day = '2026-11-28';
const task = (id: string, more: object) => ({
  id,
  version: 1,
  kind: 'visit',
  title: id,
  day,
  state: 'open' as const,
  ...more,
});
const rows: RowLists = {
  building: [
    { id: 'b3', version: 1, name: '3号楼', walk: 1 },
    { id: 'b1', version: 1, name: '1号楼', walk: 0 },
  ],
  home: [
    { id: 'h502', version: 1, building: 'b3', unit: '1', door: '502' },
    { id: 'h101', version: 1, building: 'b1', unit: '1', door: '101' },
  ],
  task: [
    task('t1', { home: 'h502', walk: 3 }),
    task('t2', { home: 'h502', walk: 3, due: '2026-11-20' }),
    task('t3', { home: 'h101', walk: 1 }),
    task('t4', { building: 'b3', walk: 2 }),
    task('later', { home: 'h101', day: '2026-12-05' }),
    task('gone', { home: 'h101', state: 'dropped' }),
  ],
  case: [
    {
      id: '7',
      version: 2,
      number: 'A7',
      title: '漏水',
      status: 'dispatched',
      due_at: '2026-12-01T00:00:00Z',
    },
    {
      id: '8',
      version: 2,
      number: 'A8',
      title: '占道',
      status: 'dispatched',
      due_at: '2026-11-01T00:00:00Z',
      overdue: true,
    },
  ],
};

test('today groups building, unit, home in walking order and counts what is due', () => {
  const t = today(bookOf(rows), outboxOf([]), day);
  expect(t.line).toEqual({ visited: 0, visits: 3, todo: 2, overdue: 2, waiting: 0 });
  expect(t.buildings.map((b) => [b.building?.name, b.homes, b.tasks, b.overdue])).toEqual([
    ['1号楼', 1, 1, 0],
    ['3号楼', 1, 3, 1],
  ]);
});

test('a visit recorded on the phone counts at once, and not any more once it was refused', async () => {
  const phone = fakePhone(rows);
  const id = await phone.record('visit.record', null, { tasks: ['t1', 't2'], home: 'h502', outcome: 'fine' });
  expect(today(phone.book(), phone.outbox(), day).line).toMatchObject({ visited: 1, visits: 3, waiting: 1 });
  expect(homeNow(phone.book(), phone.outbox(), 'h502', day)).toMatchObject({
    tasks: [],
    items: [{ id }],
    next: { id: 'h101' },
  });
  const refused = phone.outbox().waiting.map((i) => ({ ...i, verdict: 'rejected' as const }));
  expect(today(phone.book(), outboxOf(refused), day).line.visited).toBe(0);
});

test('cases come by what is due first', () => {
  expect(casesNow(bookOf(rows), outboxOf([])).map((c) => c.case.id)).toEqual(['8', '7']);
});
