import { describe, expect, it } from 'vitest';
import { type Answers, answer, question, ready, undo } from './answers.ts';

const type = (keys: string) => [...keys].reduce<Answers>((a, k) => answer(a, k), {});

describe('call-back keys', () => {
  it('answer three questions in three presses', () => {
    expect(type('yy4')).toEqual({ reached: true, solved: true, satisfied: 4 });
    expect(type('yn1')).toEqual({ reached: true, solved: false, satisfied: 1 });
  });
  it('end early when nobody was reached', () => {
    const a = type('n');
    expect([question(a), ready(a)]).toEqual([undefined, true]);
    expect(type('ny5')).toEqual({ reached: false });
  });
  it('ignore what is no answer and never count as ready too soon', () => {
    expect(type('xy7')).toEqual({ reached: true });
    expect(ready(type('y'))).toBe(false);
    expect(ready(type('yn'))).toBe(true);
  });
  it('can be taken back one by one', () => {
    expect(undo(type('yy4'))).toEqual({ reached: true, solved: true });
    expect(undo(undo(type('yy4')))).toEqual({ reached: true });
    expect(undo({})).toEqual({});
  });
});
