import './map.css';
import { Component, lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from '../ui/state.tsx';
import type { CityMapProps } from './view.tsx';

const View = lazy(() => import('./view.tsx'));

let able: boolean | undefined;
/** Whether the browser can draw maps (WebGL 2). Asked once, since every context costs memory. */
export function canDraw(): boolean {
  if (able === undefined) {
    try {
      const gl = document.createElement('canvas').getContext('webgl2');
      able = !!gl;
      gl?.getExtension('WEBGL_lose_context')?.loseContext();
    } catch {
      able = false;
    }
  }
  return able;
}

/** A map that cannot be drawn must not take the page with it. */
class Guard extends Component<{ instead: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}

/** The city's map; the drawing library is loaded when the first map is shown. */
export default function CityMap(props: CityMapProps) {
  const { t } = useTranslation();
  const instead = (
    <div className="citymap-list">
      <p className="citymap-note" role="note">
        {t('map:no_webgl')}
      </p>
      {props.alternative}
    </div>
  );
  return (
    <div className={`citymap ${props.className ?? ''}`} style={props.style}>
      {canDraw() ? (
        <Guard instead={instead}>
          <Suspense fallback={<Loading rows={4} />}>
            <View {...props} />
          </Suspense>
        </Guard>
      ) : (
        instead
      )}
    </div>
  );
}
