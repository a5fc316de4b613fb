import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import en from '../locales/en/common.json';
import zh from '../locales/zh/common.json';
import { clockWords } from './clock.ts';
import { addDays, dayOf, exact, sayTime, type Translate, today } from './time.ts';

const now = Date.parse('2026-11-23T12:10:00+08:00');
let tz: Translate;
let te: Translate;
beforeAll(async () => {
  await i18next.init({ lng: 'zh', resources: { zh: { common: zh }, en: { common: en } } });
  tz = i18next.getFixedT('zh') as unknown as Translate;
  te = i18next.getFixedT('en') as unknown as Translate;
});

describe('times', () => {
  it('are said as people say them, in the zone they were written in', () => {
    expect(sayTime('2026-11-23T17:10:00+08:00', now, tz)).toBe('今天 17:10');
    expect(sayTime('2026-11-24T00:00:00+08:00', now, tz)).toBe('明天 00:00');
    expect(sayTime('2026-11-22T23:59:59.5+08:00', now, tz)).toBe('昨天 23:59');
    expect(sayTime('2026-03-01T08:05:00+08:00', now, tz)).toBe('3月1日 08:05');
    expect(sayTime('2025-03-01T08:05:00+08:00', now, tz)).toBe('2025年3月1日');
    expect(sayTime('2026-03-01T08:05:00+08:00', now, te)).toBe('1 Mar 08:05');
    expect(exact('2026-11-23T04:10:00Z')).toBe('2026-11-23 04:10');
  });
  it('count days', () => {
    expect(today(now)).toBe(20261123);
    expect(today(Date.parse('2026-11-23T23:30:00Z'))).toBe(20261124);
    expect(addDays(20261231, 1)).toBe(20270101);
    expect(dayOf('2026-11-23')).toBe(20261123);
    expect(dayOf('23.11.')).toBeUndefined();
  });
});

describe('clock words', () => {
  const due = '2026-11-23T17:10:00+08:00';
  it('say what is left and until when', () => {
    const w = clockWords({ state: 'running', due_at: due, unit: 'work_hour', left: 3 }, now, tz);
    expect(w).toEqual({ short: '还剩 3 工作时', long: '还剩 3 工作时（今天 17:10 到期）', tone: 'neutral' });
  });
  it('count calendar hours on by themselves', () => {
    expect(
      clockWords({ state: 'running', due_at: due, unit: 'hour', left: 9, soon: true }, now, tz),
    ).toMatchObject({
      short: '还剩 5 小时',
      tone: 'soon',
    });
    expect(
      clockWords({ state: 'running', due_at: due, unit: 'hour', left: 1 }, now + 6 * 3_600_000, te),
    ).toMatchObject({
      short: '1 hour overdue',
      tone: 'overdue',
    });
  });
  it('say how late, and why it stands still', () => {
    const late = clockWords(
      { state: 'running', due_at: due, unit: 'work_day', left: -1.26, overdue: true },
      now,
      tz,
    );
    expect(late.long).toBe('超时 1.3 工作日（应在今天 17:10 前办结）');
    const paused = clockWords({ state: 'paused', unit: 'day', left: 12.4, reason: '已挂账' }, now, tz);
    expect(paused).toMatchObject({ long: '计时暂停：已挂账（剩余 12 天）', tone: 'neutral' });
    expect(
      clockWords({ state: 'paused', unit: 'day', left: 2, reason: '等住户回来' }, now, tz).long,
    ).toContain('等住户回来');
  });
  it('say that there is none or that it ended', () => {
    expect(clockWords(null, now, tz).short).toBe('无时限');
    expect(clockWords({ state: 'stopped', overdue: true }, now, tz)).toMatchObject({ tone: 'overdue' });
    expect(clockWords({ state: 'stopped' }, now, tz)).toMatchObject({ tone: 'done' });
  });
});
