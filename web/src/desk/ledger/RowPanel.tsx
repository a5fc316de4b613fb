import { CloseOutlined, EditOutlined, InfoCircleOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useRow } from './data.ts';
import { blank, type Field, fieldOf, type Item, type Register } from './model.ts';
import { Personal } from './Personal.tsx';
import { StateWord, ValueText } from './ValueText.tsx';

const EndForm = lazy(() => import('./EndForm.tsx'));
const Files = lazy(() => import('./Files.tsx'));
const History = lazy(() => import('./History.tsx'));

function Facts({ r, item, fields }: { r: Register; item: Item; fields: Field[] }) {
  return (
    <dl className="facts">
      {fields.map((f) => (
        <div key={f.name}>
          <dt>
            {f.label}
            {f.why ? (
              <Tooltip title={f.why} trigger={['hover', 'focus']}>
                <button type="button" className="why" aria-label={`${f.label}：${f.why}`}>
                  <InfoCircleOutlined aria-hidden />
                </button>
              </Tooltip>
            ) : null}
          </dt>
          <dd className={f.kind === 'long' ? 'case-text' : undefined}>
            {f.kind === 'personal' ? (
              <Personal
                key={item.id}
                code={r.code}
                id={item.id}
                f={f}
                mask={String(item.fields[f.name] ?? '')}
                mayReveal={r.may.reveal}
              />
            ) : (
              <ValueText f={f} v={item.fields[f.name]} link />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** One row with all that is known of it: fields, where it belongs, what was changed when and why. */
export function RowPanel({
  r,
  id,
  onClose,
  edit,
  below,
}: {
  r: Register;
  id: number;
  onClose: () => void;
  /** Where its form is. */
  edit: string;
  /** Where a row below it is added, in a tree. */
  below?: string;
}) {
  const navigate = useNavigate();
  const { t } = useTranslation();
  const q = useRow(r.code, id);
  const [ending, setEnding] = useState(false);
  const [all, setAll] = useState(false);
  const close = (
    <Button
      type="text"
      icon={<CloseOutlined />}
      aria-label={t('common:do.close')}
      aria-keyshortcuts="Escape"
      onClick={onClose}
    />
  );
  if (!q.data) {
    const gone = q.error instanceof Problem && q.error.status === 404;
    return (
      <div className="case-head">
        {close}
        {gone ? (
          <EmptyNote title={t('ledger:panel.gone')}>{t('ledger:panel.gone_why')}</EmptyNote>
        ) : q.error ? (
          <ErrorNote error={q.error} retry={() => void q.refetch()} />
        ) : (
          <Loading />
        )}
      </div>
    );
  }
  const item = q.data;
  const own = r.fields.filter(
    (f) => !f.standard && f.kind !== 'personal' && !(f.closed && blank(f, item.fields[f.name])),
  );
  const open = own.filter((f) => blank(f, item.fields[f.name]));
  const shown = all || open.length < 3 ? own : own.filter((f) => !blank(f, item.fields[f.name]));
  const personal = r.fields.filter((f) => f.kind === 'personal');
  const standard = r.fields.filter((f) => f.standard && f.name !== 'state');
  const ended = item.fields.state === 'ended';
  return (
    <article className="row-panel">
      <div className="case-head">
        <div className="case-top">
          <StateWord f={fieldOf(r, 'state')} v={item.fields.state} inForce={item.in_force} />
          <span className="quiet">{r.name}</span>
          <span className="grow" />
          {close}
        </div>
        <h2 className="case-title">{item.label}</h2>
        <p className="quiet">{item.place}</p>
        {r.may.write ? (
          ended ? (
            <div className="case-actions gap-above">
              <p className="quiet grow">{t('ledger:panel.ended')}</p>
              <Button onClick={() => navigate(edit)} aria-keyshortcuts="e">
                {t('ledger:panel.correct')}
              </Button>
            </div>
          ) : (
            <div className="case-actions gap-above">
              <Button
                type="primary"
                icon={<EditOutlined />}
                onClick={() => navigate(edit)}
                aria-keyshortcuts="e"
              >
                {t('ledger:panel.edit')}
              </Button>
              {below ? <Button onClick={() => navigate(below)}>{t('ledger:tree.add')}</Button> : null}
              <Button onClick={() => setEnding(true)}>{t('ledger:end.do')}</Button>
            </div>
          )
        ) : null}
      </div>
      <section className="case-part">
        <h2>{t('ledger:group.own')}</h2>
        <Facts r={r} item={item} fields={shown} />
        {shown.length < own.length ? (
          <button type="button" className="phrase" onClick={() => setAll(true)}>
            {t('ledger:panel.open', { count: open.length })}
          </button>
        ) : null}
      </section>
      {personal.length ? (
        <section className="case-part">
          <h2>{t('ledger:group.personal')}</h2>
          <Facts r={r} item={item} fields={personal} />
        </section>
      ) : null}
      <section className="case-part">
        <h2>{t('ledger:group.place')}</h2>
        <Facts r={r} item={item} fields={standard} />
        <p className="quiet">
          {t('ledger:panel.updated', { version: item.version })} <Time at={item.updated_at} />
        </p>
      </section>
      <section className="case-part">
        <h2>{t('ledger:files.title')}</h2>
        <Suspense fallback={<Loading rows={1} />}>
          <Files code={r.code} id={item.id} mayAdd={r.may.write && !ended} />
        </Suspense>
      </section>
      <section className="case-part">
        <h2>{t('ledger:history.title')}</h2>
        <Suspense fallback={<Loading rows={3} />}>
          <History r={r} id={item.id} version={item.version} />
        </Suspense>
      </section>
      {ending ? (
        <Suspense fallback={null}>
          <EndForm r={r} item={item} onClose={() => setEnding(false)} />
        </Suspense>
      ) : null}
    </article>
  );
}
