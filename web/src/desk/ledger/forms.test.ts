import { describe, expect, it } from 'vitest';
import { burdenOf, freshDraft, freshField, optionLines, readOptions } from './forms.ts';

describe('options as lines', () => {
  it('keeps the code of an option that keeps its name', () => {
    const was = [
      { code: 'o1', zh: '大厅', en: 'Hall' },
      { code: 'o2', zh: '走廊', en: '' },
    ];
    expect(optionLines(was)).toBe('大厅 / Hall\n走廊');
    expect(readOptions('走廊\n 庭院 ／ Yard \n\n大厅 / Hall', was)).toEqual([
      { code: 'o2', zh: '走廊', en: '' },
      { code: 'o3', zh: '庭院', en: 'Yard' },
      { code: 'o1', zh: '大厅', en: 'Hall' },
    ]);
  });
  it('tells two lines of one name apart', () => {
    const codes = readOptions('甲\n甲', [{ code: 'o1', zh: '甲', en: '' }]).map((o) => o.code);
    expect(new Set(codes).size).toBe(2);
  });
});

describe('the burden of a form', () => {
  it('is fields by people by times a year', () => {
    const d = { ...freshDraft('home'), fields: [freshField(), freshField()], people: 30, per_year: 4 };
    expect(burdenOf(d)).toBe(240);
    expect(burdenOf({ ...d, people: undefined })).toBe(0);
  });
});
