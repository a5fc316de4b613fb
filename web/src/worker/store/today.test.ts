import { expect, test } from 'vitest';
import type { Task } from './contract.ts';
import { bookOf, fakePhone, outboxOf, type RowLists } from './fake.ts';
import { casesNow, homeNow, today } from './today.ts';

const day = 20261128;
const task = (id: number, more: object): Task => ({
  id,
  version: 1,
  grid: 1,
  kind: 'visit',
  rule: 'alone',
  title: '独居老人走访',
  priority: 2,
  building: 0,
  home: 0,
  due: 20261130,
  day,
  state: 'open',
  ...more,
});
const base = { version: 1, grid: 1 };
const rows: RowLists = {
  building: [
    { id: 3, ...base, name: '3号楼' },
    { id: 1, ...base, name: '1号楼' },
  ],
  home: [
    { id: 3502, ...base, building: 3, unit: '1单元', room: '502' },
    { id: 1101, ...base, building: 1, unit: '1单元', room: '101' },
  ],
  task: [
    task(1, { home: 3502, rank: 3 }),
    task(2, { home: 3502, rank: 3, due: 20261120 }),
    task(3, { home: 1101, rank: 1 }),
    task(4, { building: 3, kind: 'check', rank: 2 }),
    task(5, { home: 1101, day: 20261205, due: 20261206 }),
    task(6, { home: 1101, state: 'dropped' }),
  ],
  case: [
    { id: 7, version: 2, number: 'A7', title: '漏水', status: 'dispatched', due_at: 4e15 },
    {
      id: 8,
      version: 2,
      number: 'A8',
      title: '占道',
      status: 'resolved',
      due_at: 1,
    },
  ],
};

test('today groups building, unit, home in walking order and counts what is due', () => {
  const t = today(bookOf(rows), outboxOf([]), day);
  expect(t.line).toEqual({ visited: 0, visits: 3, todo: 1, overdue: 2, waiting: 0 });
  expect(t.buildings.map((b) => [b.building?.name, b.homes, b.tasks, b.overdue])).toEqual([
    ['1号楼', 1, 1, 0],
    ['3号楼', 1, 3, 1],
  ]);
});

test('a visit recorded on the phone counts at once, and not any more once it was refused', async () => {
  const phone = fakePhone(rows);
  const id = await phone.record('visit.record', null, { tasks: [1], home: 3502, outcome: 'fine' });
  expect(today(phone.book(), phone.outbox(), day).line).toMatchObject({ visited: 1, visits: 3, waiting: 1 });
  expect(homeNow(phone.book(), phone.outbox(), 3502, day)).toMatchObject({
    tasks: [],
    items: [{ id }],
    next: { id: 1101 },
  });
  const refused = phone.outbox().waiting.map((i) => ({ ...i, verdict: 'rejected' as const }));
  expect(today(phone.book(), outboxOf(refused), day).line.visited).toBe(0);
});

test('a home where nobody was stays open', async () => {
  const phone = fakePhone(rows);
  await phone.record('visit.record', null, { tasks: [1, 2], home: 3502, outcome: 'absent' });
  expect(today(phone.book(), phone.outbox(), day).line.visited).toBe(0);
  expect(homeNow(phone.book(), phone.outbox(), 3502, day)?.tasks).toHaveLength(2);
});

test('cases come by what is due first', () => {
  expect(casesNow(bookOf(rows), outboxOf([])).map((c) => c.case.id)).toEqual([8, 7]);
});
