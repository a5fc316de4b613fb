import { PlusOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '@/shared/session.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Rule, type RuleBody, useDay, useRules } from './data.ts';
import { RuleForm } from './RuleForm.tsx';

/** A rule read aloud. */
function Sentence({ rule, needs }: { rule: Rule; needs: { code: string; name: string }[] }) {
  const { t } = useTranslation();
  const day = useDay();
  const where = rule.area ? rule.area_name : t('rounds:rule.city');
  const names = (rule.needs ?? []).map((c) => needs.find((n) => n.code === c)?.name ?? c);
  const whom = names.length
    ? t('rounds:say.homes_with', { needs: names.join(t('rounds:say.or')) })
    : t(`rounds:say.${rule.kind === 'circular' ? rule.of : rule.kind}`);
  return (
    <p>
      {rule.kind === 'circular'
        ? t('rounds:say.once', { where, whom, from: day(rule.from), to: day(rule.to) })
        : t('rounds:say.every', { where, whom, every: rule.every, window: rule.window ?? 0 })}{' '}
      {rule.kind === 'visit' || rule.of === 'home'
        ? t('rounds:say.rest', { minutes: rule.minutes, retry: rule.retry || 2 })
        : t('rounds:say.rest_place', { minutes: rule.minutes })}
    </p>
  );
}

export function RulesPage() {
  const { t, i18n } = useTranslation();
  const { can, canAny } = useSession();
  const { message } = App.useApp();
  const q = useRules();
  const [open, setOpen] = useState<{ of?: Rule; kind: RuleBody['kind'] }>();
  useTitle(t('rounds:tab.rules'));
  if (q.error && !q.data) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!q.data) return <Loading rows={8} />;
  const en = i18n.language === 'en';
  const rules = [...q.data.items]
    .filter((r) => !r.ended)
    .sort((a, b) => a.priority - b.priority || a.id - b.id);
  return (
    <>
      <header className="rounds-head">
        <h1>{t('rounds:tab.rules')}</h1>
        {canAny('visit.manage', 'rules.write') ? (
          <span className="rounds-side">
            {can('visit.manage') ? (
              <Button icon={<PlusOutlined aria-hidden />} onClick={() => setOpen({ kind: 'circular' })}>
                {t('rounds:rule.new.circular')}
              </Button>
            ) : null}
            <Button icon={<PlusOutlined aria-hidden />} onClick={() => setOpen({ kind: 'visit' })}>
              {t('rounds:rule.new.visit')}
            </Button>
            <Button icon={<PlusOutlined aria-hidden />} onClick={() => setOpen({ kind: 'check' })}>
              {t('rounds:rule.new.check')}
            </Button>
          </span>
        ) : null}
      </header>
      <p className="quiet rounds-help">{t('rounds:rules_help')}</p>
      <ul className="rounds-rules">
        {rules.map((r) => (
          <li key={r.id}>
            <h2>{en ? r.name_en || r.name : r.name}</h2>
            <Sentence rule={r} needs={q.data.needs} />
            <p className="quiet">
              {t('rounds:rule.because')} {en ? r.why_en || r.why : r.why}
            </p>
            {r.questions?.length ? (
              <p>
                {t('rounds:rule.asks')}{' '}
                {r.questions.map((x) => (en ? x.text_en || x.text : x.text)).join(t('rounds:say.list'))}
              </p>
            ) : null}
            {r.mine ? (
              <Button onClick={() => setOpen({ of: r, kind: r.kind })}>{t('rounds:rule.change')}</Button>
            ) : null}
          </li>
        ))}
      </ul>
      {open ? (
        <RuleForm
          of={open.of}
          kind={open.kind}
          needs={q.data.needs}
          done={(saved) => {
            setOpen(undefined);
            if (saved) void message.success(t('rounds:rule.published'));
          }}
        />
      ) : null}
    </>
  );
}
