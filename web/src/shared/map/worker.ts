/**
 * MapLibre's worker with the polyfills that old Chromium needs there too. The
 * package calls itself free of side effects, so a bare import of the worker
 * would be dropped from the build; hence the use of its export.
 */
import '../polyfill.ts';
// @ts-expect-error the package types only its main entry
import Worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs';

Object.assign(globalThis, { linliMapWorker: Worker });
