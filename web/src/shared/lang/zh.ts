import zhCN from 'antd/locale/zh_CN';
import 'dayjs/locale/zh-cn';

const files = import.meta.glob<Record<string, unknown>>('../../locales/zh/*.json', {
  eager: true,
  import: 'default',
});
export default { files, antd: zhCN, dayjs: 'zh-cn', html: 'zh-CN' };
