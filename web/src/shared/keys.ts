/** True while a person types into something, so that single letters are text and not commands. */
export function typing(target: EventTarget | null): boolean {
  const el = target as (HTMLElement & { isContentEditable?: boolean }) | null;
  if (!el?.tagName) return false;
  if (el.isContentEditable) return true;
  const tag = el.tagName.toLowerCase();
  if (tag === 'textarea' || tag === 'select') return true;
  if (tag !== 'input') return false;
  const kind = (el as HTMLInputElement).type;
  return !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(kind);
}

export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** The name a key press has in a key map: "j", "?", "Enter", "Ctrl+Enter", "Shift+X". */
export function pressName(e: Press): string {
  const mod = e.ctrlKey || e.metaKey ? 'Ctrl+' : '';
  const alt = e.altKey ? 'Alt+' : '';
  const named = e.key.length > 1;
  const letter = /^[a-z]$/i.test(e.key);
  const shift = e.shiftKey && (named || letter) ? 'Shift+' : '';
  const key = letter
    ? e.shiftKey
      ? e.key.toUpperCase()
      : e.key.toLowerCase()
    : e.key === ' '
      ? 'Space'
      : e.key;
  return `${mod}${alt}${shift}${key}`;
}
