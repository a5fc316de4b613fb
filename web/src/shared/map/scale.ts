/** Class breaks for maps coloured by a number. */

export interface Step {
  /** Values from `from` (included) up to the next step's `from`; the last one is open upwards. */
  from: number;
  colour: string;
}

/**
 * At most `colours.length` steps, by quantiles so that a few extreme grids do
 * not wash out the others, rounded so that people can read the legend. Counts
 * break at whole numbers; equal values always fall into one step.
 */
export function stepsOf(values: readonly number[], colours: readonly string[], whole = true): Step[] {
  const sorted = values.filter((v) => Number.isFinite(v)).sort((a, b) => a - b);
  const first = sorted[0];
  if (first === undefined) return [];
  const n = colours.length;
  const distinct = [...new Set(whole ? sorted.map(Math.round) : sorted)];
  const froms: number[] = [];
  const quantiles = (list: readonly number[], parts: number) => {
    for (let i = 0; i < parts; i++) {
      const at = list[Math.min(list.length - 1, Math.floor((i * list.length) / parts))] as number;
      const from = !whole ? Math.floor(at * 1000 + 1e-9) / 1000 : i === 0 ? Math.floor(at) : Math.round(at);
      const before = froms[froms.length - 1];
      if (before === undefined || from > before) froms.push(from);
    }
  };
  const zeros = sorted.filter((v) => v === 0).length;
  if (whole && distinct.length <= n) froms.push(...distinct);
  else if (whole && zeros * n > sorted.length) {
    // Where nothing happened is a class of its own, or it would swallow the small numbers.
    froms.push(0);
    quantiles(
      sorted.filter((v) => v > 0),
      n - 1,
    );
  } else quantiles(sorted, n);
  // Fewer classes than colours keep the ends of the ramp, so that dark always means many.
  return froms.map((from, i) => ({
    from,
    colour: colours[
      froms.length === 1 ? Math.floor(n / 2) : Math.round((i * (n - 1)) / (froms.length - 1))
    ] as string,
  }));
}

/** The step that a value falls into; undefined if there is no value. */
export function stepOf(steps: readonly Step[], value: number | null | undefined): Step | undefined {
  if (value === null || value === undefined || !Number.isFinite(value)) return undefined;
  let hit: Step | undefined;
  for (const s of steps) if (value >= s.from) hit = s;
  return hit ?? steps[0];
}

/** What the legend says of each step: "0–4", "5–9", "10 以上"; whole numbers do not overlap. */
export function legendOf(
  steps: readonly Step[],
  max: number,
  say: { number: (n: number) => string; more: (n: string) => string },
  whole = true,
): { colour: string; text: string }[] {
  return steps.map((s, i) => {
    const next = steps[i + 1];
    if (!next)
      return { colour: s.colour, text: max <= s.from ? say.number(s.from) : say.more(say.number(s.from)) };
    if (whole) {
      const to = next.from - 1;
      return {
        colour: s.colour,
        text: to <= s.from ? say.number(s.from) : `${say.number(s.from)}–${say.number(to)}`,
      };
    }
    return { colour: s.colour, text: `${say.number(s.from)}–${say.number(next.from)}` };
  });
}
