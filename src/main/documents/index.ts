/** Documents: inspecting, stamping and verifying them. Foreign bytes are parsed in the document host only. */
export type { Finished, Inspection, PictureFacts, Prepared } from './api.ts';
export { DocumentHost, type StampRequest } from './document-host.ts';
export {
  certificateObstacle,
  checkStamp,
  type Stamped,
  type StampJob,
  type StampOptions,
  type StampStep,
  stampDocument,
} from './stamping.ts';
