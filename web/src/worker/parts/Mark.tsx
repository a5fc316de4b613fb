import type { RecordState } from '../store/contract.ts';
import { useWords } from '../words.ts';
import { Icon, type IconName } from './Icon.tsx';

const looks: Record<RecordState, [icon: IconName, tone: string]> = {
  saved: ['phone', 'neutral'],
  sent: ['sent', 'neutral'],
  accepted: ['check', 'done'],
  needs_you: ['alert', 'overdue'],
};

/** One of 已存本机, 已上传, 已受理, 需处理: icon, word and tone. */
export function Mark({ state }: { state: RecordState }) {
  const { t } = useWords();
  const [icon, tone] = looks[state];
  return (
    <span className={`mark ${tone}`}>
      <Icon name={icon} />
      {t(`worker:state.${state}`)}
    </span>
  );
}
