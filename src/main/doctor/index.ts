export { checkEnvironment } from './environment.ts';
