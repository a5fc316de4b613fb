import { Input, type InputRef } from 'antd';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { typing } from '@/shared/keys.ts';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { useRegisters } from './data.ts';
import { own, type Register } from './model.ts';

/** Groups in the order in which people look for them; others follow by name. */
const order = ['household', 'party', 'workforce', 'liaison', 'partner', 'city'];
const rank = (g: string) => (order.indexOf(g) + 1 || order.length + 1) as number;

function One({ r }: { r: Register }) {
  const { t } = useTranslation();
  const fields = own(r).map((f) => f.label);
  return (
    <li className="register">
      <Link to={`/ledger/${r.code}?where=${encodeURIComponent('state!=ended')}`} className="register-name">
        {r.name}
      </Link>
      {r.may.write ? null : <span className="tag">{t('ledger:registers.read_only')}</span>}
      <p className="quiet">
        {r.about ??
          t(fields.length > 5 ? 'ledger:registers.holds_more' : 'ledger:registers.holds', {
            fields: fields.slice(0, 5).join(t('ledger:list_and')),
            count: fields.length,
          })}
      </p>
    </li>
  );
}

/** All registers that the person may read, by group, each with what it holds. */
export function RegistersPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const q = params.get('q') ?? '';
  const { can } = useSession();
  const all = useRegisters();
  const search = useRef<InputRef>(null);
  useTitle(t('ledger:title'));
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
      e.preventDefault();
      e.stopPropagation();
      search.current?.focus({ cursor: 'all' });
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, []);
  const groups = useMemo(() => {
    const text = q.trim().toLowerCase();
    const out = new Map<string, Register[]>();
    for (const r of all.data ?? []) {
      const words = [r.name, r.about ?? '', ...r.fields.map((f) => f.label)].join(' ').toLowerCase();
      if (!text.split(/\s+/).every((w) => words.includes(w))) continue;
      out.set(r.group, [...(out.get(r.group) ?? []), r]);
    }
    return [...out].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  }, [all.data, q]);
  return (
    <main className="page registers" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('ledger:title')}</h1>
        {can('form.manage') ? <Link to="/ledger/forms">{t('ledger:forms.title')}</Link> : null}
        <Input
          ref={search}
          className="ledger-search"
          allowClear
          value={q}
          aria-label={t('ledger:registers.search')}
          aria-keyshortcuts="/"
          placeholder={t('ledger:registers.search')}
          onChange={(e) => setParams(e.target.value ? { q: e.target.value } : {}, { replace: true })}
        />
      </div>
      {all.error ? (
        <div className="pad">
          <ErrorNote error={all.error} retry={() => void all.refetch()} />
        </div>
      ) : !all.data ? (
        <Loading rows={8} />
      ) : !groups.length ? (
        <EmptyNote title={t(q ? 'ledger:registers.no_match' : 'ledger:registers.none')}>
          <p>{t(q ? 'ledger:registers.no_match_why' : 'ledger:registers.none_why')}</p>
        </EmptyNote>
      ) : (
        groups.map(([group, list]) => (
          <section key={group} className="register-group">
            <h2>{t(`ledger:groups.${group}`, { defaultValue: group })}</h2>
            <ul>
              {list.map((r) => (
                <One key={r.code} r={r} />
              ))}
            </ul>
          </section>
        ))
      )}
    </main>
  );
}
