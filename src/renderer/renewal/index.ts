export { Leftovers } from './Leftovers.tsx';
export { RenewalPanel } from './RenewalPanel.tsx';
export { RenewalStage } from './RenewalStage.tsx';
