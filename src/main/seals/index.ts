/** Seals: the seal object of GM/T 0031 and GB/T 38540, made, read and verified; those on keys, and applications for new ones. */

export {
  SealApplications,
  type SealingOptions,
} from './applications.ts';
export { bindSeal } from './bind.ts';
export { type Captured, type CaptureRequest, captureSeal } from './capture/capture.ts';
export { openPicture, type ScanPicture } from './capture/read.ts';
export { partToKeep, sheetView, shrunkScan } from './capture/views.ts';
export { carriedBy } from './carried.ts';
export { Losses } from './loss.ts';
export { type SealForStamp, Seals, sealsOnKey } from './my-seals.ts';
export { inspectSeal } from './ses/inspect.ts';
export { assembleSeal, sealInfo } from './ses/write.ts';
