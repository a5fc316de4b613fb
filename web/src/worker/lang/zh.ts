import common from '@/locales/zh/common.json';
import worker from '@/locales/zh/worker.json';

export default { common, worker, html: 'zh-CN' };
