import { describe, expect, it } from 'vitest';
import { boxOf, labelPoint, labelPoints, metres, type Position, pad } from './geo.ts';

const square = (x: number, y: number, s: number): Position[] => [
  [x, y],
  [x + s, y],
  [x + s, y + s],
  [x, y + s],
  [x, y],
];

describe('labelPoint', () => {
  it('is the middle of a square', () => {
    const p = labelPoint({ type: 'Polygon', coordinates: [square(0, 0, 1)] }) as Position;
    expect(p[0]).toBeCloseTo(0.5, 1);
    expect(p[1]).toBeCloseTo(0.5, 1);
  });
  it('lies inside a horseshoe, whose middle does not', () => {
    const u: Position[] = [
      [0, 0],
      [3, 0],
      [3, 3],
      [2, 3],
      [2, 1],
      [1, 1],
      [1, 3],
      [0, 3],
      [0, 0],
    ];
    const [x, y] = labelPoint({ type: 'Polygon', coordinates: [u] }) as Position;
    expect(x < 1 || x > 2 || y < 1).toBe(true);
  });
  it('takes the largest part and keeps out of holes', () => {
    const hole = square(11, 1, 6);
    const [x, y] = labelPoint({
      type: 'MultiPolygon',
      coordinates: [[square(0, 0, 1)], [square(10, 0, 10), hole]],
    }) as Position;
    expect(x).toBeGreaterThan(10);
    expect(x > 11 && x < 17 && y > 1 && y < 7).toBe(false);
  });
  it('has nothing to say about a line', () => {
    expect(labelPoint({ type: 'LineString', coordinates: [[0, 0]] })).toBeUndefined();
    expect(
      labelPoints({
        type: 'FeatureCollection',
        features: [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [0, 0] } }],
      }).features,
    ).toEqual([]);
  });
});

describe('boxes and distances', () => {
  it('wraps all shapes and pads evenly', () => {
    const b = boxOf([
      { type: 'Polygon', coordinates: [square(1, 2, 3)] },
      { type: 'Point', coordinates: [9, 1] },
    ]);
    expect(b).toEqual([1, 1, 9, 5]);
    expect(pad([0, 0, 10, 20], 0.1)).toEqual([-1, -2, 11, 22]);
    expect(boxOf([])).toBeUndefined();
  });
  it('measures a degree of latitude as 111 km', () => {
    expect(metres([112, 29], [112, 30])).toBeCloseTo(111_195, -2);
  });
});
