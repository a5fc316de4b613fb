/** Line icons of 24 units; a word always stands beside them. */
const paths = {
  today: 'M4 6h16M4 12h16M4 18h10',
  cases: 'M5 21V4h11l-2 4 2 4H5',
  homes: 'M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6',
  outbox: 'M12 16V5M7 9l5-5 5 5M4 16v4h16v-4',
  me: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-5 4-7 8-7s7 2 8 7',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  camera: 'M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z',
  mic: 'M12 14a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM6 11a6 6 0 0 0 12 0M12 17v4',
  stop: 'M7 7h10v10H7z',
  phone: 'M7 3h10v18H7zM11 18h2',
  sent: 'M12 20V6M6 11l6-6 6 6',
  check: 'M5 12l5 5L19 7',
  alert: 'M12 3l10 18H2zM12 10v5M12 17.500v.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  cut: 'M3 3l18 18M8 12a6 6 0 0 1 3-2M5 8.500A11 11 0 0 1 9 6.300M16 12.500a6 6 0 0 0-1-1M19 8.500a11 11 0 0 0-6-3M12 18v.5',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
