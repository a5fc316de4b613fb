import { keepable, type Values } from './form.ts';
import type { Register } from './model.ts';

export interface Draft {
  /** When it was last typed in (ms). */
  at: number;
  values: Values;
}

/** What was typed and not saved, kept for this tab and this account; personal fields never are. */
export function draftSlot(account: number, code: string, id: number | undefined) {
  const key = `linli.ledger.draft.${account}.${code}.${id ?? 'new'}`;
  return {
    read(): Draft | undefined {
      try {
        const d = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Draft | null;
        return d?.values && Object.keys(d.values).length ? d : undefined;
      } catch {
        return undefined;
      }
    },
    write(r: Register, values: Values): void {
      const kept = keepable(r, values);
      if (Object.keys(kept).length)
        sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), values: kept }));
      else sessionStorage.removeItem(key);
    },
    drop: () => sessionStorage.removeItem(key),
  };
}
