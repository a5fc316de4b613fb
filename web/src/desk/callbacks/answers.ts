/** The three questions of a call-back. */
export interface Answers {
  reached?: boolean;
  solved?: boolean;
  satisfied?: number;
}

/** The question that waits for an answer; undefined when all that matter are answered. */
export function question(a: Answers): keyof Answers | undefined {
  if (a.reached === undefined) return 'reached';
  if (!a.reached) return undefined;
  if (a.solved === undefined) return 'solved';
  return a.satisfied === undefined ? 'satisfied' : undefined;
}

/** Whether it can be recorded: not reached, or reached with an answer whether it is solved. */
export const ready = (a: Answers): boolean =>
  a.reached === false || (a.reached === true && a.solved !== undefined);

/** Takes a key as the answer to the question that waits; other keys change nothing. */
export function answer(a: Answers, key: string): Answers {
  const q = question(a);
  if (q === 'reached' || q === 'solved') {
    if (key === 'y' || key === 'n') return { ...a, [q]: key === 'y' };
    return a;
  }
  return q === 'satisfied' && /^[1-5]$/.test(key) ? { ...a, satisfied: Number(key) } : a;
}

/** Takes back the last answer. */
export function undo(a: Answers): Answers {
  if (a.satisfied !== undefined) return { reached: a.reached, solved: a.solved };
  if (a.solved !== undefined) return { reached: a.reached };
  return {};
}
