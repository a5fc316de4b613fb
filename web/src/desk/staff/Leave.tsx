import { Button, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { DayField } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import { type Staff, useAdd, useStaff } from './data.ts';

/** Leave of one worker, with who covers; place and employer are the contract's. */
export function Leave() {
  const { t } = useTranslation();
  const go = useNavigate();
  const contract = Number(useParams().id);
  const q = useStaff<Staff>('/staff');
  const make = useAdd('staff_absence', () => go(`/staff/handover/${contract}`));
  const all = (q.data?.items ?? []).flatMap((g) =>
    g.workers.filter((w) => w.contract).map((w) => ({ ...w, place: g })),
  );
  const who = all.find((w) => w.contract === contract);
  useTitle(t('staff:leave_title'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (q.isPending) return <Loading rows={6} />;
  if (!who) return <EmptyNote title={t('staff:leave_nobody')} />;
  const near = all
    .filter((w) => w.id !== who.id && !w.away)
    .sort(
      (a, b) =>
        Number(b.place.community === who.place.community) - Number(a.place.community === who.place.community),
    );
  const must = (what: string) => [{ required: true, message: t('staff:missing', { what: t(what) }) }];
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:leave_of', { name: who.name })}</h1>
        <span className="quiet">{who.place.grid_name}</span>
        <Link to="/staff/overview">{t('staff:back')}</Link>
      </header>
      <Form
        layout="vertical"
        requiredMark={false}
        className="panel staff-form"
        initialValues={{ kind: 'annual', from: today() }}
        onFinish={({
          from,
          to,
          ...v
        }: {
          from: number;
          to: number;
          kind: string;
          cover?: number;
          note?: string;
        }) =>
          make.add({
            ...v,
            account: who.id,
            grid: who.place.grid_id,
            valid_from: dayText(from),
            valid_to: dayText(to),
          })
        }
      >
        <Form.Item name="kind" label={t('staff:leave_kind')}>
          <Select
            options={['annual', 'sick', 'personal', 'maternity', 'training'].map((k) => ({
              value: k,
              label: t(`staff:leave.${k}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="from" label={t('staff:leave_from')} rules={must('staff:leave_from')}>
          <DayField />
        </Form.Item>
        <Form.Item name="to" label={t('staff:leave_to')} rules={must('staff:leave_to')}>
          <DayField />
        </Form.Item>
        <Form.Item name="cover" label={t('staff:leave_cover')} extra={t('staff:leave_cover_help')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={near.map((w) => ({ value: w.id, label: `${w.name} · ${w.place.grid_name}` }))}
          />
        </Form.Item>
        <Form.Item name="note" label={t('staff:leave_note')}>
          <Input maxLength={200} />
        </Form.Item>
        {make.error ? <ErrorNote error={make.error} /> : null}
        <div className="staff-buttons">
          <Button type="primary" htmlType="submit" loading={make.isPending}>
            {t('staff:leave_save')}
          </Button>
          <Button onClick={() => go('/staff/overview')}>{t('common:do.cancel')}</Button>
        </div>
      </Form>
    </>
  );
}
