/** How the phone's pages look: light, dark or as the phone says; and the size of text. */
import { cssVariables, type Mode, sunlight } from '@/shared/tokens.ts';

export const looks = ['system', 'light', 'dark'] as const;
export type LookChoice = (typeof looks)[number];
export const sizes = [100, 125, 150, 200] as const;
export type TextSize = (typeof sizes)[number];

const dark = window.matchMedia('(prefers-color-scheme: dark)');

export function keptLook(): LookChoice {
  const kept = localStorage.getItem('linli.look') as LookChoice | null;
  return kept && looks.includes(kept) ? kept : 'system';
}
export function keptSize(): TextSize {
  const kept = Number(localStorage.getItem('linli.worker.text')) as TextSize;
  return sizes.includes(kept) ? kept : 100;
}

function show(): void {
  const choice = keptLook();
  const mode: Mode = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
  const root = document.documentElement;
  const colours = cssVariables(mode, sunlight[mode]);
  for (const [k, v] of Object.entries(colours)) root.style.setProperty(k, v);
  root.dataset.mode = mode;
  root.style.colorScheme = mode;
  root.style.fontSize = `${keptSize()}%`;
  document
    .querySelector<HTMLMetaElement>('meta[name="theme-color"]')
    ?.setAttribute('content', colours['--paper'] ?? '');
}

export function startLook(): void {
  show();
  dark.addEventListener?.('change', show);
}
export function chooseLook(choice: LookChoice): void {
  localStorage.setItem('linli.look', choice);
  show();
}
export function chooseSize(size: TextSize): void {
  localStorage.setItem('linli.worker.text', String(size));
  show();
}
