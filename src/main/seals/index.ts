/** Seals: the seal object of GM/T 0031 and GB/T 38540, made, read and verified. */

export { type Captured, type CaptureRequest, captureSeal } from './capture/capture.ts';
export { type Box, openPicture, type ScanPicture } from './capture/read.ts';
export { type SheetView, sheetView, shrunkScan } from './capture/views.ts';
export { inspectSeal } from './ses/inspect.ts';
export { assembleSeal, sealInfo } from './ses/write.ts';
