import { describe, expect, it } from 'vitest';
import { complete, errorsCsv, type Look, missing, twice, typeOf, xlsx } from './mapping.ts';
import { club } from './sample.ts';

describe('import of a register', () => {
  it('knows what can come in by its name', () => {
    expect(typeOf('社团.XLSX')).toBe(xlsx);
    expect(typeOf('a.csv')).toBe('text/csv');
    expect(typeOf('a.xls')).toBeUndefined();
    expect(typeOf('a.pdf')).toBeUndefined();
  });

  it('finds fields that two columns give, and required ones that none gives', () => {
    expect(twice({ A: 'name', B: 'kind', C: 'name', D: '', E: '' })).toEqual(['name']);
    expect(missing(club, { A: 'name', B: '' })).toEqual(['kind']);
    expect(missing(club, { A: 'name', B: 'kind' })).toEqual([]);
  });

  it('has an entry for every column of the file', () => {
    const look = { columns: ['名称', '备注'], mapping: { 名称: 'name' } } as unknown as Look;
    expect(complete(look)).toEqual({ 名称: 'name', 备注: '' });
  });

  it('writes errors so that a spreadsheet neither breaks nor runs them', () => {
    const text = errorsCsv(
      [
        { row: 3, column: '名称', value: '=HYPERLINK("x")', detail: '含有公式' },
        { row: 4, detail: '第一行\n第二行' },
      ],
      ['行', '列', '内容', '问题'],
    );
    expect(text).toBe(
      '\ufeff行,列,内容,问题\r\n3,名称,"\'=HYPERLINK(""x"")",含有公式\r\n4,,,"第一行\n第二行"\r\n',
    );
  });
});
