import { describe, expect, it } from 'vitest';
import { differences } from './diff.ts';

describe('differences', () => {
  it('are none between equals, whatever empty looks like', () => {
    expect(differences({ a: 1, b: [1, 2] }, { a: 1, b: [1, 2] })).toEqual([]);
    expect(differences({ a: '' }, {})).toEqual([]);
  });
  it('name the field and both values', () => {
    expect(differences({ name: '旧', n: 1 }, { name: '新', n: 1 })).toEqual([
      { path: 'name', before: '旧', after: '新' },
    ]);
    expect(differences({}, { off: [20261001, 20261002] })).toEqual([
      { path: 'off', before: undefined, after: '20261001, 20261002' },
    ]);
  });
  it('compare rules by id and tell a new order apart from a change', () => {
    const a = {
      rules: [
        { id: 'r1', name: 'x' },
        { id: 'r2', name: 'y' },
      ],
    };
    const moved = {
      rules: [
        { id: 'r2', name: 'y' },
        { id: 'r1', name: 'x' },
      ],
    };
    expect(differences(a, moved).map((d) => d.path)).toEqual(['rules / ↕']);
    const edited = {
      rules: [
        { id: 'r1', name: 'z' },
        { id: 'r2', name: 'y' },
      ],
    };
    expect(differences(a, edited)).toEqual([{ path: 'rules / r1 / name', before: 'x', after: 'z' }]);
    expect(differences(a, { rules: [{ id: 'r1', name: 'x' }] })[0]).toMatchObject({
      path: 'rules / r2',
      after: undefined,
    });
  });
});
