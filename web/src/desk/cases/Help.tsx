import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Command, helpRows } from './keymap.ts';

const shown: Record<string, string> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  Escape: 'Esc',
  Space: '␣',
  'Shift+X': '⇧ X',
};

/** All keys in one sheet; `?` opens it. */
export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const name = (c: Command) => (c.do === 'act' ? t(`cases:act.${c.action}`) : t(`cases:key.${c.do}`));
  const rows = helpRows();
  const group = (title: string, list: typeof rows) => (
    <section>
      <h2>{title}</h2>
      <dl>
        {list.map((r) => (
          <div key={r.keys[0]}>
            <dt>
              {r.keys.map((k) => (
                <kbd key={k}>{shown[k] ?? k}</kbd>
              ))}
            </dt>
            <dd>{name(r.command)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
  return (
    <Modal open title={t('cases:help.title')} footer={null} onCancel={onClose} width={640}>
      <div className="help-sheet">
        {group(
          t('cases:help.move'),
          rows.filter((r) => r.command.do !== 'act'),
        )}
        {group(
          t('cases:help.act'),
          rows.filter((r) => r.command.do === 'act'),
        )}
      </div>
      <p className="quiet">{t('cases:help.search')}</p>
    </Modal>
  );
}
