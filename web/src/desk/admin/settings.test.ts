import { expect, it } from 'vitest';
import { mergeStages } from './Settings.tsx';

it('keeps stages that the page does not show and drops emptied ones', () => {
  const day = { n: 1, unit: 'day' as const };
  const out = mergeStages(
    { general: { whole: day, sign: day }, urgent: { sign: day } },
    {
      general: { sign: { n: 2, unit: 'day' } },
      urgent: { sign: { n: null as unknown as number, unit: 'day' } },
    },
  );
  expect(out).toEqual({ general: { whole: day, sign: { n: 2, unit: 'day' } } });
});
