import { CloseOutlined, StarOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, data, once } from '@/shared/api.ts';
import { uuidv7 } from '@/shared/uuid.ts';

/** The account's own filters of a page: take one, keep the present one, delete one. */
export function SavedFilters({
  page,
  text,
  apply,
}: {
  page: string;
  /** The present filter as the page's query; empty: nothing to keep. */
  text: string;
  apply: (query: string) => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ['filters'],
    queryFn: () => data(api.GET('/filters')),
    staleTime: 60_000,
  });
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const again = () => void client.invalidateQueries({ queryKey: ['filters'] });
  const save = useMutation({
    mutationFn: () =>
      data(
        api.POST('/filters', {
          body: { name: name.trim(), page, query: text },
          ...once(uuidv7()),
        }),
      ),
    onSuccess: () => {
      setNaming(false);
      setName('');
      again();
    },
  });
  const drop = useMutation({
    mutationFn: (id: number) => data(api.DELETE('/filters/{id}', { params: { path: { id } } })),
    onSuccess: again,
  });
  const items = (list.data?.items ?? []).filter((f) => f.page === page);
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...items.map((f) => ({
              key: `f${f.id}`,
              label: (
                <span className="saved">
                  {f.name}
                  <Button
                    type="text"
                    size="small"
                    icon={<CloseOutlined />}
                    aria-label={t('cases:saved.drop', { name: f.name })}
                    onClick={(e) => {
                      e.stopPropagation();
                      drop.mutate(f.id);
                    }}
                  />
                </span>
              ),
              onClick: () => apply(f.query),
            })),
            ...(items.length ? [{ type: 'divider' as const }] : []),
            { key: 'save', label: t('cases:saved.save'), disabled: !text, onClick: () => setNaming(true) },
          ],
        }}
      >
        <Button icon={<StarOutlined />}>
          <span className="wide-only">{t('cases:saved.title')}</span>
        </Button>
      </Dropdown>
      <Modal
        open={naming}
        title={t('cases:saved.save')}
        okText={t('common:do.save')}
        okButtonProps={{ disabled: !name.trim(), loading: save.isPending }}
        onOk={() => save.mutate()}
        onCancel={() => setNaming(false)}
        destroyOnHidden
      >
        <label htmlFor="filter-name">{t('cases:saved.name')}</label>
        <Input
          id="filter-name"
          autoFocus
          maxLength={40}
          value={name}
          onChange={(e) => setName(e.target.value)}
          onPressEnter={() => name.trim() && save.mutate()}
        />
      </Modal>
    </>
  );
}
