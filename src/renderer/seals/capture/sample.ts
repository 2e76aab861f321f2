import type { CaptureResult, CaptureSession } from '../../../shared/domain/index.ts';

/** For tests: a good round impression of 42 mm at 600 dpi, as it is judged. */
export function sampleSession(
  result: Partial<CaptureResult>,
  session: Partial<CaptureSession> = {},
): CaptureSession {
  const box = { x: 400, y: 400, width: 992, height: 992 };
  return {
    id: 'capture-1',
    name: '扫描 1.jpg',
    bytes: 1_480_000,
    preview: { widthPx: 1131, heightPx: 1600, source: { widthPx: 4960, heightPx: 7016 } },
    found: [{ pick: 1, box }],
    views: { scanSideMm: 42 * (4 / 3) * Math.SQRT2, specks: [] },
    scan: 'file',
    shrunkBytes: null,
    revision: 1,
    error: null,
    result: {
      found: [{ pick: 1, box }],
      pick: 1,
      shape: 'circle',
      widthMm: 42,
      heightMm: 42,
      rotation: 0.1,
      rotationBy: 'star',
      colour: 'red',
      checks: [
        { name: 'ring', value: 99.6, unit: '%', limit: { min: 98 }, verdict: 'good' },
        { name: 'ink', value: 88, unit: '%', limit: { min: 75 }, verdict: 'good' },
        { name: 'sharpness', value: 0.09, unit: 'mm', limit: { max: 0.15 }, verdict: 'good' },
        { name: 'roundness', value: 0.4, unit: '%', limit: { max: 1 }, verdict: 'good' },
        { name: 'resolution', value: 600, unit: 'dpi', limit: { min: 300 }, verdict: 'good' },
        { name: 'size', value: 42, unit: 'mm', limit: { max: 45 }, verdict: 'good' },
      ],
      verdict: 'good',
      notes: [],
      source: {
        format: 'jpeg',
        bytes: 1_480_000,
        widthPx: 4960,
        heightPx: 7016,
        dpi: 600,
        dpiFrom: 'file',
        centre: { x: 896, y: 896 },
      },
      picture: { widthPx: 677, heightPx: 677, dpi: 400, bytes: 21_000, widthMm: 43, heightMm: 43 },
      ...result,
    },
    ...session,
  };
}
