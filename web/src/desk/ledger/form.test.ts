import { describe, expect, it } from 'vitest';
import { allWrong, asked, changes, fromPost, keepable, needed, rebase, valuesOf } from './form.ts';
import { readDay } from './model.ts';
import { club, walkers } from './sample.ts';

const t = (key: string, o: Record<string, unknown> = {}) =>
  `${key.slice('ledger:wrong.'.length)} ${o.label ?? ''}`.trim();
const post = {
  id: 1,
  role: 'street_clerk',
  role_name: '',
  region: '990101001',
  region_name: '老城街道',
  from: 20260101,
};

describe('form of a register', () => {
  it('sends nothing when nothing was changed, and only what was', () => {
    const base = valuesOf(club, walkers);
    expect(changes(club, base, { ...base })).toEqual({});
    expect(changes(club, base, { ...base, name: ' Walkers ', members: 12 })).toEqual({});
    expect(
      changes(club, base, {
        ...base,
        name: 'Runners',
        parent: { id: 4, name: 'Other' },
        topics: ['walk', 'sing'],
        signed: undefined,
        open: false,
        about: 'Mondays',
      }),
    ).toEqual({
      name: 'Runners',
      parent: 4,
      topics: ['walk', 'sing'],
      signed: null,
      open: false,
      about: 'Mondays',
    });
  });

  it('leaves a mask alone and sends what was typed over it', () => {
    const base = valuesOf(club, walkers);
    expect(changes(club, base, { ...base, phone: '138****1234' })).toEqual({});
    expect(changes(club, base, { ...base, phone: '13900000000' })).toEqual({ phone: '13900000000' });
  });

  it('tells everything that is wrong at once, in the order of the form', () => {
    const bad = allWrong(
      club,
      {
        members: -1,
        signed: '2026-13-40',
        valid_from: '2026-02-01',
        valid_to: '2026-01-01',
        about: 'x'.repeat(4001),
      },
      t,
    );
    expect(bad.map((b) => b.text)).toEqual([
      'missing Name',
      'missing Kind',
      'low Members',
      'day Registered on',
      'long About',
      'missing region',
      'order',
    ]);
  });

  it('asks for a region or a grid, whichever the register hangs on', () => {
    const region = club.fields[0] as (typeof club.fields)[number];
    const grid = club.fields[1] as (typeof club.fields)[number];
    expect(needed(club, region, {})).toBe(true);
    expect(needed(club, region, { grid: { id: 1, name: 'x' } })).toBe(false);
    expect(needed({ ...club, place_digits: 15 }, grid, {})).toBe(true);
    expect(needed({ ...club, place_digits: 15 }, region, {})).toBe(false);
    expect(asked(club).standard.map((f) => f.name)).not.toContain('state');
  });

  it('does not ask what the post says already', () => {
    expect(fromPost({ ...club, place_digits: 9 }, post)).toEqual({
      region: { id: 990101001, code: '990101001', name: '老城街道' },
    });
    expect(fromPost(club, post)).toEqual({});
    expect(fromPost({ ...club, place_digits: 15 }, { ...post, grid_id: 5, region_name: '荷塘1' })).toEqual({
      grid: { id: 5, name: '荷塘1' },
    });
    expect(fromPost(club, { ...post, org: { id: 9, name: '物业' } })).toEqual({
      org: { id: 9, name: '物业' },
    });
  });

  it('keeps what both sides did, and tells where they differ', () => {
    const base = valuesOf(club, walkers);
    const mine = { ...base, name: 'Runners', members: 20 };
    const fresh = { ...base, members: 15, open: false };
    const { values, clashes } = rebase(club, base, fresh, mine);
    expect(values.name).toBe('Runners');
    expect(values.open).toBe(false);
    expect(values.members).toBe(20);
    expect(clashes.map((c) => [c.field.name, c.theirs, c.mine])).toEqual([['members', 15, 20]]);
    expect(changes(club, fresh, values)).toEqual({ name: 'Runners', members: 20 });
  });

  it('does not tell a clash where both wrote the same', () => {
    const base = valuesOf(club, walkers);
    expect(rebase(club, base, { ...base, members: 15 }, { ...base, members: 15 }).clashes).toEqual([]);
  });

  it('keeps no personal field in the browser', () => {
    expect(keepable(club, { name: 'A', phone: '13800000000', contact: '王小明', about: '' })).toEqual({
      name: 'A',
    });
  });
});

describe('days as people type them', () => {
  it.each([
    ['2026-1-5', '2026-01-05'],
    ['2026/01/05', '2026-01-05'],
    ['2026.1.5', '2026-01-05'],
    ['20260105', '2026-01-05'],
    ['2026年1月5日', '2026-01-05'],
    ['２０２６－１－５', '2026-01-05'],
    ['2026-02-30', undefined],
    ['1.5.2026', undefined],
    ['tomorrow', undefined],
  ])('%s', (typed, day) => expect(readDay(typed)).toBe(day));
});
