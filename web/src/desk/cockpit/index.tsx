/** Everything below /desk/cockpit: a component with its own <Routes>, loaded when first visited. */
import './cockpit.css';
import { Route, Routes } from 'react-router';
import { NotFound } from '../shell/NotFound.tsx';
import { Cockpit } from './Cockpit.tsx';

export default function Area() {
  return (
    <Routes>
      <Route index element={<Cockpit />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}
