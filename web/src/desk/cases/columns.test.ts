import { describe, expect, it } from 'vitest';
import { firstColumns, fitColumns } from './columns.tsx';

describe('fitColumns', () => {
  it('keeps all where there is room', () => {
    expect(fitColumns(firstColumns, 1400, 'zh')).toEqual(firstColumns);
  });
  it('lets the least needed give way, in order, never the title', () => {
    expect(fitColumns(firstColumns, 690, 'zh')).toEqual(['number', 'title', 'status', 'clock']);
    expect(fitColumns(firstColumns, 560, 'zh')).toEqual(['title', 'status', 'clock']);
    expect(fitColumns(firstColumns, 100, 'en')).toEqual(['title']);
  });
});
