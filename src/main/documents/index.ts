/** Documents: inspecting, stamping and verifying them. Foreign bytes are parsed in the document host only. */
export type { PictureFacts } from './api.ts';
export { DocumentHost } from './document-host.ts';
export {
  type CheckInput,
  certificateObstacle,
  checkStamp,
  type StampSeal,
  stampDocument,
} from './stamping.ts';
export { withRevocations } from './verify/revocation.ts';
