export { pemOf } from './detail.ts';
export { Holdings, type HoldingsTools, unchecked } from './holdings.ts';
export { dueReminders, type Reminder } from './reminders.ts';
