import { z } from 'zod';

/** `{ code, details }` as it crosses a border between processes. */
export const wireErrorSchema = z.object({
  code: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
