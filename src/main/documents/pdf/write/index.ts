/** Writing to PDF files: incremental updates that leave every byte that is there as it is. */
export { type BuiltUpdate, IncrementalUpdate, updateBaseOf } from './incremental.ts';
