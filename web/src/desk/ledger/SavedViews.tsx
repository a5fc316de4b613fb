import { CloseOutlined, StarOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Dropdown, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { formOf, pathOf } from './model.ts';

interface View {
  id: number;
  name: string;
  query: string;
  /** Everybody with the same post at the same place has it. */
  shared: boolean;
  mine: boolean;
}

/** The views of a register that one keeps or that the office shares: take one, keep the present one, delete an own one. */
export function SavedViews({
  code,
  text,
  apply,
}: {
  code: string;
  /** The present filter as the page's query; empty: nothing to keep. */
  text: string;
  apply: (query: string) => void;
}) {
  const { t } = useTranslation();
  const { post } = useSession();
  const client = useQueryClient();
  // The city's own registers are parts of one: a view of theirs begins with the part that it is of.
  const part = formOf(code) ? `form=${formOf(code)}&` : '';
  const list = useQuery({
    queryKey: ['ledger', code, 'views'],
    queryFn: ({ signal }) => call<{ items: View[] }>('GET', `${pathOf(code)}/views`, { signal }),
    select: (d) => d.items.filter((v) => v.query.startsWith(part)),
    staleTime: 60_000,
  });
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const again = () => void client.invalidateQueries({ queryKey: ['ledger', code, 'views'] });
  const save = useMutation({
    mutationFn: () =>
      call<View>('POST', `${pathOf(code)}/views`, {
        body: { name: name.trim(), query: part + text, shared },
        key: uuidv7(),
      }),
    onSuccess: () => {
      setNaming(false);
      setName('');
      setShared(false);
      again();
    },
  });
  const drop = useMutation({
    mutationFn: (id: number) => call('DELETE', `${pathOf(code)}/views/${id}`),
    onSuccess: again,
  });
  const item = (v: View) => ({
    key: `v${v.id}`,
    label: (
      <span className="saved">
        {v.name}
        {v.mine ? (
          <Button
            type="text"
            size="small"
            icon={<CloseOutlined />}
            aria-label={t('cases:saved.drop', { name: v.name })}
            onClick={(e) => {
              e.stopPropagation();
              drop.mutate(v.id);
            }}
          />
        ) : null}
      </span>
    ),
    onClick: () => apply(v.query),
  });
  const groups = [
    { key: 'own', label: t('ledger:saved.own'), of: (v: View) => !v.shared },
    { key: 'shared', label: t('ledger:saved.shared'), of: (v: View) => v.shared },
  ].flatMap((g) => {
    const children = (list.data ?? []).filter(g.of).map(item);
    return children.length ? [{ type: 'group' as const, key: g.key, label: g.label, children }] : [];
  });
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...groups,
            ...(groups.length ? [{ type: 'divider' as const }] : []),
            { key: 'save', label: t('ledger:saved.save'), disabled: !text, onClick: () => setNaming(true) },
          ],
        }}
      >
        <Button icon={<StarOutlined />}>
          <span className="wide-only">{t('ledger:saved.title')}</span>
        </Button>
      </Dropdown>
      <Modal
        open={naming}
        title={t('ledger:saved.save')}
        okText={t('common:do.save')}
        okButtonProps={{ disabled: !name.trim(), loading: save.isPending }}
        onOk={() => save.mutate()}
        onCancel={() => setNaming(false)}
        destroyOnHidden
      >
        {save.error ? <ErrorNote error={save.error} /> : null}
        <label htmlFor="view-name">{t('cases:saved.name')}</label>
        <Input
          id="view-name"
          autoFocus
          maxLength={40}
          value={name}
          onChange={(e) => setName(e.target.value)}
          onPressEnter={() => name.trim() && save.mutate()}
        />
        <Checkbox className="gap-above" checked={shared} onChange={(e) => setShared(e.target.checked)}>
          {t('ledger:saved.share', { post: post ? `${post.region_name} ${post.role_name}` : '' })}
        </Checkbox>
      </Modal>
    </>
  );
}
