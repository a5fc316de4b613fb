import { expect, test } from 'vitest';
import type { Question } from './data.ts';
import { askedOf, questionOf } from './RuleForm.tsx';

const spirits: Question = {
  code: 'spirits',
  text: '精神状态',
  text_en: 'In good spirits',
  why: '及早发现变化',
  datatype: 'singlevaluelist',
  values: [
    { key: 'good', name: '好', name_en: 'good' },
    { key: 'poor', name: '差', name_en: 'poor' },
  ],
};

test('a question goes through the form and comes back as it was', () => {
  expect(questionOf(askedOf(spirits), [spirits])).toEqual(spirits);
});

test('a new choice gets a key of its own, the others keep theirs', () => {
  const changed = questionOf({ ...askedOf(spirits), choices: '好，一般、差' }, [spirits]);
  expect(changed.values?.map((v) => v.key)).toEqual(['good', 'v2', 'poor']);
});

test('a new question has a code that the server takes, and yes and no as keys', () => {
  const made = questionOf({ text: '门铃是否完好', why: '方便联系', ask: 'yes_no' }, []);
  expect(made.code).toMatch(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/);
  expect(made.values?.map((v) => v.key)).toEqual(['yes', 'no']);
});
