import common from '@/locales/en/common.json';
import worker from '@/locales/en/worker.json';

export default { common, worker, html: 'en' };
