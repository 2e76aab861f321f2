/**
 * The part of stamping that runs outside the document host, in main and in the command line: it parses nothing. What
 * runs in the host is entered through `host-service.ts`.
 */
export { checkTarget, partialPathFor } from './output.ts';
export { checkPlacement, fitsSeal } from './placement.ts';
