import { Button, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type CallItem, useAct, useStaff } from './data.ts';

function One({ c }: { c: CallItem }) {
  const { t } = useTranslation();
  const [solved, setSolved] = useState<boolean>();
  const [grade, setGrade] = useState(0);
  const answer = useAct<unknown, { reached: boolean; solved?: boolean; satisfied?: number }>(
    `/appraisal-calls/${c.id}`,
  );
  return (
    <li className="panel staff-card">
      <h2>
        <Link className="num" to={`/cases/${c.case_id}`}>
          {c.number}
        </Link>{' '}
        {c.title}
        <span className="quiet">
          {' '}
          {c.place}
          {c.tries ? ` · ${t('staff:calls.tries', { n: c.tries })}` : ''}
        </span>
      </h2>
      <div className="staff-inline">
        <Radio.Group
          aria-label={t('staff:calls.solved')}
          value={solved}
          onChange={(e) => setSolved(e.target.value as boolean)}
          options={[
            { value: true, label: t('staff:calls.yes') },
            { value: false, label: t('staff:calls.no') },
          ]}
        />
        <Radio.Group
          aria-label={t('staff:calls.grade')}
          value={grade}
          onChange={(e) => setGrade(e.target.value as number)}
          options={[
            { value: 0, label: t('staff:calls.no_grade') },
            ...[1, 2, 3, 4, 5].map((n) => ({ value: n, label: String(n) })),
          ]}
        />
        <Button
          type="primary"
          disabled={solved === undefined}
          loading={answer.isPending}
          onClick={() => answer.mutate({ reached: true, solved, satisfied: grade })}
        >
          {t('staff:calls.note')}
        </Button>
        <Button loading={answer.isPending} onClick={() => answer.mutate({ reached: false })}>
          {t('staff:calls.not_reached')}
        </Button>
      </div>
      {answer.error ? <ErrorNote error={answer.error} /> : null}
    </li>
  );
}

/** Calls for appraisals: who calls does not learn who is appraised. */
export function Calls() {
  const { t } = useTranslation();
  const list = useStaff<{ items: CallItem[] }>('/appraisal-calls');
  useTitle(t('staff:tab.calls'));
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.calls')}</h1>
        <span className="quiet">{t('staff:calls.sub')}</span>
      </header>
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Loading /> : null}
      {list.data?.items.length === 0 ? <EmptyNote title={t('staff:calls.empty')} /> : null}
      <ul className="staff-calls">
        {(list.data?.items ?? []).slice(0, 20).map((c) => (
          <One key={`${c.id}.${c.tries}`} c={c} />
        ))}
      </ul>
    </>
  );
}
