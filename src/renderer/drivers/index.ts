export { AgreeDialog } from './AgreeDialog.tsx';
export { DriverList } from './DriverList.tsx';
export { type Drivers, useDrivers } from './use-drivers.ts';
