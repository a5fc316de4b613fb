import { describe, expect, it } from 'vitest';
import { firstChannel, toNewCase } from './draft.ts';

describe('toNewCase', () => {
  it('leaves out what is empty', () => {
    expect(
      toNewCase(
        {
          text: ' 路灯不亮 ',
          channel: 'hotline',
          grade: 'general',
          reporter: { name: ' ', phone: '' },
          files: [],
        },
        [],
      ),
    ).toEqual({
      text: '路灯不亮',
      channel: 'hotline',
      grade: 'general',
    });
  });
  it('writes the time in the city and the phone without blanks', () => {
    const c = toNewCase(
      {
        text: 'x',
        channel: 'hotline',
        grade: 'urgent',
        occurred: '2026-11-23T08:05',
        reporter: { phone: '138 0000-0000', sealed: true },
        place: { address: '望湖路', lon: 112.6, lat: 29.4, crs: 'wgs84', community: '990101001001' },
        onsite: true,
        onsite_result: ' 已清理 ',
      },
      ['gcj02'],
    );
    expect(c.occurred_at).toBe('2026-11-23T08:05:00+08:00');
    expect(c.reporter).toEqual({ name: undefined, phone: '13800000000', anonymous: undefined, sealed: true });
    expect(c.onsite).toEqual({ result: '已清理' });
    expect(c.confirm).toEqual(['gcj02']);
    expect(c.place?.community).toBe('990101001001');
  });
  it('takes the channel from the role', () => {
    expect([firstChannel('operator'), firstChannel('grid_worker'), firstChannel('community')]).toEqual([
      'hotline',
      'grid_worker',
      'resident',
    ]);
  });
});
