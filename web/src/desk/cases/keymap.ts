/** The list's keys. Letters stand for the actions of CONTRACT; the server says which are allowed. */
export type Command =
  | {
      do:
        | 'next'
        | 'prev'
        | 'first'
        | 'last'
        | 'open'
        | 'close'
        | 'toggle'
        | 'all'
        | 'refresh'
        | 'help'
        | 'filter'
        | 'new'
        | 'more';
    }
  | { do: 'act'; action: string };

const act = (action: string): Command => ({ do: 'act', action });

export const keymap: Record<string, Command> = {
  j: { do: 'next' },
  ArrowDown: { do: 'next' },
  k: { do: 'prev' },
  ArrowUp: { do: 'prev' },
  Home: { do: 'first' },
  End: { do: 'last' },
  Enter: { do: 'open' },
  o: { do: 'open' },
  Escape: { do: 'close' },
  x: { do: 'toggle' },
  Space: { do: 'toggle' },
  'Shift+X': { do: 'all' },
  l: { do: 'more' },
  i: { do: 'new' },
  q: { do: 'filter' },
  '.': { do: 'refresh' },
  '?': { do: 'help' },
  a: act('accept'),
  f: act('file'),
  d: act('dispatch'),
  s: act('sign'),
  t: act('start'),
  r: act('resolve'),
  b: act('return'),
  e: act('extend'),
  p: act('suspend'),
  u: act('urge'),
  w: act('supervise'),
  g: act('escalate'),
  v: act('verify_pass'),
  m: act('merge'),
  c: act('decline'),
  n: act('note'),
};

/** For the help sheet: what is done → its keys, in the order above. */
export function helpRows(): { command: Command; keys: string[] }[] {
  const rows = new Map<string, { command: Command; keys: string[] }>();
  for (const [key, command] of Object.entries(keymap)) {
    const id = command.do === 'act' ? `act:${command.action}` : command.do;
    const row = rows.get(id) ?? { command, keys: [] };
    row.keys.push(key);
    rows.set(id, row);
  }
  return [...rows.values()];
}
