/** Everything below /desk/cockpit: a component with its own <Routes>, loaded when first visited. */
import { Route, Routes } from 'react-router';

export default function Area() {
  return (
    <Routes>
      <Route index element={<main className="page" />} />
    </Routes>
  );
}
