import { TreeSelect } from 'antd';
import { useTranslation } from 'react-i18next';
import { useCategories } from '../lookups.ts';

interface Props {
  value?: number[];
  onChange?: (v: number[]) => void;
  id?: string;
  placeholder?: string;
  'aria-label'?: string;
}

/** Several categories, for filters. */
export default function CategoriesSelect({ value, onChange, ...rest }: Props) {
  const { t } = useTranslation();
  const { tree } = useCategories();
  const open = (nodes: typeof tree): typeof tree =>
    nodes.map((n) => ({ ...n, selectable: true, children: n.children && open(n.children) }));
  return (
    <TreeSelect
      {...rest}
      multiple
      value={value}
      onChange={(v) => onChange?.(v as number[])}
      treeData={open(tree)}
      showSearch={{
        filterTreeNode: (text, node) => String(node.path).toLowerCase().includes(text.toLowerCase()),
      }}
      allowClear
      popupMatchSelectWidth={360}
      placeholder={rest.placeholder ?? t('common:pick.category')}
      className="wide"
    />
  );
}
