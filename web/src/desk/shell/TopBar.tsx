import { DownOutlined, GlobalOutlined, MoonOutlined, SunOutlined, UserOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, data, type Post } from '@/shared/api.ts';
import { chooseLang, type Lang } from '@/shared/i18n.ts';
import { useSession } from '@/shared/session.tsx';
import { useLook } from '@/shared/theme.tsx';
import { Bell } from './Bell.tsx';
import { Search } from './Search.tsx';

const postName = (p: Post) => `${p.org ? p.org.name : p.region_name} · ${p.role_name}`;

function PostSwitch() {
  const { t } = useTranslation();
  const { me, post, setPost } = useSession();
  if (!post) return <span className="quiet">{t('shell:no_post')}</span>;
  if (me.posts.length < 2) return <span className="post-name">{postName(post)}</span>;
  const now = me.acting ? postName(post) : t('shell:post_all');
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectable: true,
        selectedKeys: [String(me.acting ?? 0)],
        items: [
          { key: 0, label: t('shell:post_all') },
          ...me.posts.map((p) => ({ key: p.id, label: postName(p) })),
        ],
        onClick: ({ key }) => setPost(Number(key)),
      }}
    >
      <Button type="text" aria-label={t('shell:post_switch', { post: now })}>
        <span className="post-name">{now}</span> <DownOutlined aria-hidden />
      </Button>
    </Dropdown>
  );
}

export function TopBar() {
  const { t, i18n } = useTranslation();
  const { me, can } = useSession();
  const { mode, choose } = useLook();
  const navigate = useNavigate();
  const client = useQueryClient();
  const other: Lang = i18n.language === 'zh' ? 'en' : 'zh';
  const switchLang = async () => {
    await chooseLang(other);
  };
  const signOut = async () => {
    await data(api.DELETE('/session')).catch(() => {});
    localStorage.removeItem('linli.lang.here');
    client.clear();
    navigate('/login');
  };
  return (
    <header className="topbar">
      <Link to="/" className="brand">
        {t('shell:brand')}
        <span className="brand-city">{me.city.name}</span>
      </Link>
      <PostSwitch />
      <div className="topbar-mid">{can('case.read') ? <Search /> : null}</div>
      <Bell />
      <Tooltip title={mode === 'dark' ? t('shell:to_light') : t('shell:to_dark')}>
        <Button
          type="text"
          icon={mode === 'dark' ? <SunOutlined /> : <MoonOutlined />}
          aria-label={mode === 'dark' ? t('shell:to_light') : t('shell:to_dark')}
          onClick={() => choose(mode === 'dark' ? 'light' : 'dark')}
        />
      </Tooltip>
      <Button
        type="text"
        icon={<GlobalOutlined />}
        lang={other === 'en' ? 'en' : 'zh-CN'}
        className="lang-switch"
        aria-label={other === 'en' ? 'English' : '中文'}
        onClick={() => void switchLang()}
      >
        <span className="wide-only">{other === 'en' ? 'English' : '中文'}</span>
      </Button>
      <Dropdown
        trigger={['click']}
        placement="bottomRight"
        menu={{
          items: [
            { key: 'work', label: t('shell:user.work') },
            { key: 'sessions', label: t('shell:user.sessions') },
            { key: 'password', label: t('shell:user.password') },
            { type: 'divider' },
            { key: 'out', label: t('shell:user.out') },
          ],
          onClick: ({ key }) => (key === 'out' ? void signOut() : navigate(`/account/${key}`)),
        }}
      >
        <Button
          type="text"
          icon={<UserOutlined />}
          aria-label={t('shell:user.menu', { name: me.account.name })}
        >
          <span className="wide-only">{me.account.name}</span>
        </Button>
      </Dropdown>
    </header>
  );
}
