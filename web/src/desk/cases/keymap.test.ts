import { describe, expect, it } from 'vitest';
import { pressName, typing } from '@/shared/keys.ts';
import { helpRows, keymap } from './keymap.ts';

const press = (key: string, more = {}) =>
  pressName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

describe('keys', () => {
  it('are named alike on every layout', () => {
    expect(press('j')).toBe('j');
    expect(press('X', { shiftKey: true })).toBe('Shift+X');
    expect(press('?', { shiftKey: true })).toBe('?');
    expect(press(' ')).toBe('Space');
    expect(press('Enter', { ctrlKey: true })).toBe('Ctrl+Enter');
    expect(press('Enter', { metaKey: true })).toBe('Ctrl+Enter');
  });
  it('with Ctrl are never commands', () => {
    expect(Object.keys(keymap).some((k) => k.startsWith('Ctrl+') || k.startsWith('Alt+'))).toBe(false);
  });
  it('stand in the help sheet once each', () => {
    const keys = helpRows().flatMap((r) => r.keys);
    expect(keys.sort()).toEqual(Object.keys(keymap).sort());
    expect(helpRows().find((r) => r.command.do === 'next')?.keys).toEqual(['j', 'ArrowDown']);
  });
  it('are text while somebody types', () => {
    expect(typing({ tagName: 'TEXTAREA' } as never)).toBe(true);
    expect(typing({ tagName: 'INPUT', type: 'checkbox' } as never)).toBe(false);
    expect(typing({ tagName: 'TR' } as never)).toBe(false);
    expect(typing(null)).toBe(false);
  });
});
