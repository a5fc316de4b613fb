import { describe, expect, it } from 'vitest';
import { contrast, type Mode, palettes, sunlight } from './tokens.ts';

describe('tokens', () => {
  for (const mode of ['light', 'dark'] as Mode[]) {
    const p = palettes[mode];
    const pairs: [string, string, string][] = [];
    for (const text of [
      'ink',
      'secondary',
      'accent',
      'accentHover',
      'accentActive',
      'soon',
      'overdue',
      'done',
      'vermilion',
    ] as const) {
      for (const ground of ['paper', 'ground', 'hover'] as const)
        pairs.push([`${text}/${ground}`, p[text], p[ground]]);
    }
    for (const s of ['soon', 'overdue', 'done', 'accent'] as const) {
      pairs.push([`${s}/${s}Soft`, p[s], p[`${s}Soft`]], [`ink/${s}Soft`, p.ink, p[`${s}Soft`]]);
    }
    pairs.push(
      ['secondary/accentSoft', p.secondary, p.accentSoft],
      ['onAccent/accent', p.onAccent, p.accent],
      ['onAccent/accentHover', p.onAccent, p.accentHover],
      ['onAccent/accentActive', p.onAccent, p.accentActive],
    );
    it.each(pairs)(`${mode}: %s reaches 4.5:1`, (_name, a, b) => {
      expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5);
    });

    const out = { ...p, ...sunlight[mode] };
    const bright: [string, string, string][] = [['onAccent/accent', out.onAccent, out.accent]];
    for (const text of ['ink', 'secondary', 'accent', 'soon', 'overdue', 'done'] as const)
      for (const ground of ['paper', 'ground'] as const)
        bright.push([`${text}/${ground}`, out[text], out[ground]]);
    for (const s of ['soon', 'overdue', 'done', 'accent'] as const)
      bright.push([`${s}/${s}Soft`, out[s], out[`${s}Soft`]]);
    it.each(bright)(`${mode}, in the sun: %s reaches 7:1`, (_name, a, b) => {
      expect(contrast(a, b)).toBeGreaterThanOrEqual(7);
    });
  }
});
