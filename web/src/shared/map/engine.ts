/**
 * The one place that imports MapLibre, so that it stays a chunk of its own.
 * Version 6 looks for its worker beside its own module, where a bundler never
 * puts it: without setWorkerUrl the production map is blank.
 */
import { Map as Gl, Marker, setWorkerCount, setWorkerUrl } from 'maplibre-gl';
import workerUrl from './worker.ts?worker&url';

setWorkerUrl(workerUrl);
// One worker is enough for a city and keeps about 30 MB free.
setWorkerCount(1);

export { Gl, Marker };
