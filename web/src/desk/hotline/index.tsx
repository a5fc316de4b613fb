/** Everything below /desk/hotline: the orders of the 12345 platform and both sides of a day. */
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import { Orders } from './Orders.tsx';
import { Pairs } from './Pairs.tsx';
import './hotline.css';

export default function Area() {
  const { t } = useTranslation();
  return (
    <main className="page hotline" id="main" tabIndex={-1}>
      <nav className="hotline-nav" aria-label={t('hotline:title')}>
        <NavLink to="/hotline/orders">{t('hotline:orders.title')}</NavLink>
        <NavLink to="/hotline/pairs">{t('hotline:pairs.title')}</NavLink>
      </nav>
      <Routes>
        <Route index element={<Navigate to="orders" replace />} />
        <Route path="orders" element={<Orders />} />
        <Route path="pairs" element={<Pairs />} />
        <Route path="*" element={<Navigate to="/hotline/orders" replace />} />
      </Routes>
    </main>
  );
}
