import { describe, expect, it } from 'vitest';
import { duties, dutyOf, nameOfDuty } from './duty.ts';

const org = (code: string, name: string, region_name: string, kind = 'department') => ({
  code,
  name,
  kind,
  kind_name: '部门',
  region_name,
});

describe('kinds of units', () => {
  it('are the head of the code, or the kind', () => {
    expect(dutyOf({ code: 'sanitation-990101', kind: 'department' })).toBe('sanitation');
    expect(dutyOf({ code: 'X1', kind: 'company' })).toBe('company');
    expect(dutyOf({ code: '-x', kind: 'other' })).toBe('other');
  });
  it('are called by what their units have in common', () => {
    expect(
      nameOfDuty([
        org('s-1', '湖东区环境卫生管理所', '湖东区'),
        org('s-2', '湖西区环境卫生管理所', '湖西区'),
      ]),
    ).toBe('环境卫生管理所');
    expect(
      nameOfDuty([
        org('f-1', '湖滨街道综合执法队', '湖滨街道'),
        org('f-2', '东湖街道综合执法队', '东湖街道'),
      ]),
    ).toBe('综合执法队');
  });
  it('drop the area of a lone unit, and fall back to the kind', () => {
    expect(nameOfDuty([org('g-1', '澄湖市燃气公司', '澄湖市')])).toBe('燃气公司');
    expect(nameOfDuty([org('p-1', '安居物业', ''), org('p-2', '绿城服务', '')])).toBe('部门');
    expect(nameOfDuty([])).toBe('');
  });
  it('come once each, by name', () => {
    const list = duties([
      org('a-1', '湖东区水务局', '湖东区'),
      org('a-2', '湖西区水务局', '湖西区'),
      org('b-1', '湖东区城管局', '湖东区'),
    ]);
    expect(list).toEqual([
      { value: 'b', label: '城管局' },
      { value: 'a', label: '水务局' },
    ]);
  });
});
