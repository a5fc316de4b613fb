import { PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { call } from '@/shared/call.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { type Report, useReports, useReportsChanged } from './data.ts';

/** Makes a report now, for the last period that has ended or another one. */
function Make({ r, onClose }: { r: Report; onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const changed = useReportsChanged();
  const [period, setPeriod] = useState('');
  const make = useMutation({
    mutationFn: () =>
      call<{ period: string; made: number }>('POST', `/reports/${r.id}/runs`, {
        body: { period: period.trim() || undefined },
      }),
    onSuccess: (d) => {
      announce(t('report:made_for', { period: d.period, count: d.made }));
      changed();
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('report:make_title', { name: r.name })}
      okText={t('report:make')}
      okButtonProps={{ loading: make.isPending }}
      onOk={() => make.mutate()}
      onCancel={onClose}
    >
      {make.error ? <ErrorNote error={make.error} /> : null}
      <p className="gap-below">{t('report:make_says')}</p>
      <label htmlFor="report-period">{t('report:which')}</label>
      <Input
        id="report-period"
        autoFocus
        maxLength={10}
        placeholder={t(`report:example.${r.length}`)}
        value={period}
        onChange={(e) => setPeriod(e.target.value)}
        onPressEnter={() => make.mutate()}
      />
    </Modal>
  );
}

/** The reports that one has made: who gets which, what was delivered and whether it was read. */
export function Own() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const q = useReports();
  const [making, setMaking] = useState<Report>();
  useTitle(t('report:tab.own'));
  return (
    <section>
      <div className="report-head">
        <h1>{t('report:own.title')}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate('/reports/own/new')}>
          {t('report:new')}
        </Button>
      </div>
      <p className="quiet gap-below">{t('report:own.lead')}</p>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : !q.data ? (
        <Loading rows={6} />
      ) : !q.data.length ? (
        <EmptyNote title={t('report:own.none')}>
          <p>{t('report:own.none_why')}</p>
        </EmptyNote>
      ) : (
        q.data.map((r) => (
          <section key={r.id} className="panel import-part">
            <div className="report-head">
              <h2>{r.name}</h2>
              {r.state === 'closed' ? <span className="tag">{t('report:closed')}</span> : null}
              <span className="grow" />
              {r.state === 'active' ? (
                <>
                  <Button size="small" onClick={() => setMaking(r)}>
                    {t('report:make')}
                  </Button>
                  <Button size="small" onClick={() => navigate(`/reports/own/${r.id}`)}>
                    {t('report:change')}
                  </Button>
                </>
              ) : null}
            </div>
            <p className="quiet">
              {t('report:own.is', {
                source: r.source_name,
                length: t(`report:length.${r.length}`),
                people: (r.recipients ?? []).map((p) => p.name).join(t('report:and')),
              })}
            </p>
            {r.deliveries?.length ? (
              <details>
                <summary>{t('report:own.delivered', { count: r.deliveries.length })}</summary>
                <div className="wide-table">
                  <table className="plain-table">
                    <tbody>
                      {r.deliveries.map((d) => (
                        <tr key={d.run}>
                          <th scope="row">
                            {d.period}
                            {d.nth > 1 ? ` ${t('report:nth', { n: d.nth })}` : ''}
                          </th>
                          <td>{d.to.name}</td>
                          <td className="num">{t('report:rows', { count: d.rows })}</td>
                          <td>
                            <Time at={d.made_at} />
                          </td>
                          <td>{t(d.read ? 'report:read' : 'report:unread')}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </details>
            ) : (
              <p className="quiet">
                {t('report:own.never')} <Link to={`/reports/own/${r.id}`}>{t('report:change')}</Link>
              </p>
            )}
          </section>
        ))
      )}
      {making ? <Make r={making} onClose={() => setMaking(undefined)} /> : null}
    </section>
  );
}
