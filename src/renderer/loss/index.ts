export { LossDialog } from './LossDialog.tsx';
