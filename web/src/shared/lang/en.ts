import enUS from 'antd/locale/en_US';

const files = import.meta.glob<Record<string, unknown>>('../../locales/en/*.json', {
  eager: true,
  import: 'default',
});
export default { files, antd: enUS, dayjs: 'en', html: 'en' };
