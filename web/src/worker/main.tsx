import '@/shared/polyfill.ts';
import './worker.css';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { Worker } from './app.tsx';
import { startLook } from './look.ts';
import { PhoneContext } from './store/hooks.ts';
import { startPhone } from './store/phone.ts';
import { keepStartable } from './sw/update.ts';
import { startWords } from './words.ts';

startLook();
// The store opens while the words come.
const phone = startPhone();
await startWords();
createRoot(document.getElementById('root') as HTMLElement).render(
  <PhoneContext value={phone}>
    <BrowserRouter basename="/worker" useTransitions={false}>
      <Worker />
    </BrowserRouter>
  </PhoneContext>,
);
void keepStartable();
