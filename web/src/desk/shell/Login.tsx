import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { chooseLang } from '@/shared/i18n.ts';
import { isGridWorker, useMe, workerPath } from '@/shared/session.tsx';
import { useNarrow } from '@/shared/theme.tsx';
import { LoginForm } from './LoginForm.tsx';
import { useTitle } from './title.ts';

/** Only paths of the desk may be returned to. */
export function safeReturn(to: string | null): string {
  return to?.startsWith('/') && !to.startsWith('//') && !to.startsWith('/login') ? to : '/';
}

export function Login() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const me = useMe();
  const narrow = useNarrow();
  const to = safeReturn(params.get('to'));
  useTitle(t('shell:login.title'));
  if (me.data) return <Navigate to={to} replace />;
  return (
    <div className="login">
      <main className="login-box">
        <h1>
          {t('shell:brand')} <span className="quiet">{t('shell:brand_sub')}</span>
        </h1>
        <LoginForm
          onDone={(who) =>
            narrow && to === '/' && isGridWorker(who)
              ? location.assign(workerPath)
              : navigate(to, { replace: true })
          }
        />
        <p className="quiet">{t('shell:login.help')}</p>
        <p>
          <a href={workerPath}>{t('shell:login.worker')}</a>
        </p>
      </main>
      <footer className="login-foot">
        <span>{t('shell:synthetic_login')}</span>
        <Button
          type="link"
          size="small"
          lang={i18n.language === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => void chooseLang(i18n.language === 'zh' ? 'en' : 'zh')}
        >
          {i18n.language === 'zh' ? 'English' : '中文'}
        </Button>
      </footer>
    </div>
  );
}
