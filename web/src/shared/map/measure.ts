/** A round length in metres that is at most `room` pixels wide, and its width. */
export function scaleOf(metresPerPixel: number, room: number): { metres: number; width: number } {
  const max = metresPerPixel * room;
  const p = 10 ** Math.floor(Math.log10(max));
  const metres = max >= 5 * p ? 5 * p : max >= 2 * p ? 2 * p : p;
  return { metres, width: Math.round(metres / metresPerPixel) };
}
