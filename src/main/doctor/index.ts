export { checkEnvironment } from './environment.ts';
export { toldTime } from './time.ts';
