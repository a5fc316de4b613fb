/**
 * The one place for colours, type and spacing. antd's theme and our own style
 * sheet (through CSS variables) both read it; tokens.test.ts holds every pair
 * that is used together to a contrast of 4.5:1.
 */
export type Mode = 'light' | 'dark';

export interface Palette {
  ink: string;
  secondary: string;
  line: string;
  paper: string;
  ground: string;
  /** Hovered row, quiet button. */
  hover: string;
  accent: string;
  /** The accent under the pointer; antd's own is too pale to read. */
  accentHover: string;
  accentActive: string;
  /** Text on a surface filled with the accent. */
  onAccent: string;
  /** Selected row, chosen place in the rail. */
  accentSoft: string;
  soon: string;
  soonSoft: string;
  overdue: string;
  overdueSoft: string;
  done: string;
  doneSoft: string;
  /** Only as a thin mark on party-chain pages. */
  vermilion: string;
  shadow: string;
}

export const palettes: Record<Mode, Palette> = {
  light: {
    ink: '#1f2733',
    secondary: '#5b6675',
    line: '#e3e7ec',
    paper: '#ffffff',
    ground: '#f6f7f9',
    hover: '#eef1f4',
    accent: '#1f6f8b',
    accentHover: '#195b72',
    accentActive: '#134a5d',
    onAccent: '#ffffff',
    accentSoft: '#e4f0f4',
    soon: '#945d00',
    soonSoft: '#fdf3e0',
    overdue: '#b42318',
    overdueSoft: '#fdeceb',
    done: '#1e7a46',
    doneSoft: '#e6f4ec',
    vermilion: '#b5382a',
    shadow: '0 6px 24px rgba(31, 39, 51, 0.14)',
  },
  dark: {
    ink: '#e6eaf0',
    secondary: '#a3adba',
    line: '#333c48',
    paper: '#1b2129',
    ground: '#13181e',
    hover: '#252d37',
    accent: '#6bb8d1',
    accentHover: '#8ccbdf',
    accentActive: '#a8d9e9',
    onAccent: '#0f2129',
    accentSoft: '#1d3640',
    soon: '#e5ad4c',
    soonSoft: '#362b16',
    overdue: '#f28b80',
    overdueSoft: '#3d2220',
    done: '#6cc795',
    doneSoft: '#1b3325',
    vermilion: '#e58a7e',
    shadow: '0 6px 24px rgba(0, 0, 0, 0.5)',
  },
};

/**
 * What the grid worker's phone changes, because it is read in the sun: every text
 * reaches 7:1 on paper, ground and its own soft tone.
 */
export const sunlight: Record<Mode, Partial<Palette>> = {
  light: {
    secondary: '#434d5a',
    accent: '#134a5d',
    accentHover: '#0f3c4c',
    soon: '#704500',
    overdue: '#941a11',
    done: '#125730',
  },
  dark: {
    secondary: '#c0c8d3',
    accent: '#8ccbdf',
    accentHover: '#a8d9e9',
    soon: '#efc06a',
    overdue: '#f7b0a8',
    done: '#8cd9ae',
  },
};

/** Four sizes only; phones use `phone` for body text. */
export const type = {
  small: 12,
  body: 14,
  phone: 16,
  title: 20,
  family:
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif',
} as const;

/** Steps of four. */
export const space = (n: number): number => n * 4;
export const radius = 6;

/**
 * Colour-blind-safe categorical colours (after Okabe and Ito, darkened to read
 * on paper). The same category keeps its colour: see colourOf.
 */
export const categorical = [
  '#1f6f8b',
  '#c4651b',
  '#2e8b57',
  '#7b5ea7',
  '#b08a00',
  '#b5476b',
  '#5b6675',
  '#3f7fd0',
] as const;

/** Light to dark, for maps and heat tables (single hue, readable without colour vision). */
export const sequential = ['#eaf3f6', '#c9e0e8', '#9cc6d4', '#68a6bb', '#35839d', '#175a73'] as const;

/** A stable colour for a stable key (category, channel, unit). */
export function colourOf(key: string | number): string {
  let h = 0;
  for (const ch of String(key)) h = (h * 31 + ch.charCodeAt(0)) >>> 0;
  return categorical[h % categorical.length] as string;
}

/** The CSS variables that the style sheets use, e.g. `--ink`; `more` replaces some of them. */
export function cssVariables(mode: Mode, more: Partial<Palette> = {}): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...palettes[mode], ...more })) {
    out[`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`] = value;
  }
  return out;
}

/** Relative contrast of two #rrggbb colours (WCAG 2.2). */
export function contrast(a: string, b: string): number {
  const lum = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map((i) => {
      const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}
