export { pemOf } from './detail.ts';
export { certificateInFile } from './file.ts';
export { Holdings, unchecked } from './holdings.ts';
export { dueReminders, type Reminder } from './reminders.ts';
