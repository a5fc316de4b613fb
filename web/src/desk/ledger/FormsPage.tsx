import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { type FormView, ownRegister, useForms } from './forms.ts';

/** In the order in which they want somebody's attention. */
const states = ['submitted', 'draft', 'published', 'closed'] as const;

function Forms({ list, state }: { list: FormView[]; state: (typeof states)[number] }) {
  const { t, i18n } = useTranslation();
  const say = (n: number) => n.toLocaleString(i18n.language === 'en' ? 'en' : 'zh-CN');
  return (
    <section className="panel import-part">
      <h2>{t(`ledger:forms.states.${state}`)}</h2>
      <div className="wide-table">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t('ledger:forms.name')}</th>
              <th scope="col">{t('ledger:forms.register')}</th>
              <th scope="col">{t('ledger:forms.owner')}</th>
              <th scope="col">{t('ledger:forms.expires')}</th>
              <th scope="col" className="num">
                {t('ledger:forms.burden')}
              </th>
              <th scope="col">{t('ledger:forms.read')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((f) => (
              <tr key={f.id}>
                <th scope="row">
                  <Link to={`/ledger/forms/${f.id}`}>{i18n.language === 'en' && f.en ? f.en : f.zh}</Link>
                  {f.propose_close ? (
                    <div className="tag tag-soon">
                      {t(f.expired ? 'ledger:forms.expired' : 'ledger:forms.unread')}
                    </div>
                  ) : null}
                </th>
                <td>{f.register === ownRegister ? t('ledger:forms.own_register') : f.where}</td>
                <td>{f.owner_name || '—'}</td>
                <td>{f.expires || '—'}</td>
                <td className="num">{say(f.burden)}</td>
                <td>{f.read_at ? <Time at={f.read_at} /> : '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** All forms of the city: what waits for approval, what is asked and what it costs, what nobody reads. */
export function FormsPage() {
  const { t, i18n } = useTranslation();
  const { can } = useSession();
  const navigate = useNavigate();
  const all = useForms();
  useTitle(t('ledger:forms.title'));
  if (!can('form.manage')) return <NotFound />;
  const asked = all.data?.filter((f) => f.state === 'published') ?? [];
  const total = asked.reduce((n, f) => n + f.burden, 0);
  return (
    <main className="page import-page" id="main" tabIndex={-1}>
      <div className="page-head">
        <p className="crumb">
          <Link to="/ledger">{t('ledger:title')}</Link>
        </p>
        <h1>{t('ledger:forms.title')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate('/ledger/forms/new')}>
          {t('ledger:forms.new')}
        </Button>
      </div>
      <p className="quiet form-lead">
        {t('ledger:forms.lead')}
        {asked.length
          ? ` ${t('ledger:forms.total', {
              count: asked.length,
              total: total.toLocaleString(i18n.language === 'en' ? 'en' : 'zh-CN'),
            })}`
          : null}
      </p>
      {all.error ? (
        <ErrorNote error={all.error} retry={() => void all.refetch()} />
      ) : !all.data ? (
        <Loading rows={8} />
      ) : !all.data.length ? (
        <EmptyNote title={t('ledger:forms.none')}>
          <p>{t('ledger:forms.none_why')}</p>
        </EmptyNote>
      ) : (
        states.map((state) => {
          const list = all.data.filter((f) => f.state === state);
          return list.length ? <Forms key={state} list={list} state={state} /> : null;
        })
      )}
    </main>
  );
}
