import type { Context } from 'hono';
import type { z } from 'zod';
import {
  lossRequestSchema,
  sealBoundSchema,
  sealFormSchema,
  sealMakingLimits,
  sealReissueSchema,
  sealRequestSchema,
} from '../../src/shared/domain/seal-making.ts';
import { OrderProblem } from './orders-book.ts';
import type { SealBook } from './seals-book.ts';
import type { LossBook } from './seals-losses.ts';
import type { sealRoutes } from './seals-openapi.ts';

/** Bytes of an application: its three pictures in base64, and room for its words. */
const pictureBytes =
  sealMakingLimits.scanBytes + sealMakingLimits.pictureBytes + sealMakingLimits.smallPictureBytes;
export const applicationBytes = Math.ceil((pictureBytes * 4) / 3) + (64 << 10);

/** Whether a request is an application for a seal, which is larger than all others. */
export function isSealApplication(method: string, path: string): boolean {
  return method === 'POST' && path === '/api/seals/applications';
}

/** Whether the seal maker answers it: what `loseSealAnswer` counts. */
export function isSealMaking(path: string): boolean {
  return path.startsWith('/api/seals/') || path === '/api/losses';
}

/** What the API does for every handler. */
export interface ApiTools {
  readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T>;
  /** SHA-256 of the certificate whose key signed the request. */
  readSigner(c: Context): Promise<string>;
  /** @throws OrderProblem invalid */
  readIdempotencyKey(c: Context): string;
  authorityName: string;
}

/** What answers the routes of the seal maker. */
export function sealHandlers(
  book: SealBook,
  losses: LossBook,
  { readBody, readSigner, readIdempotencyKey, authorityName }: ApiTools,
): Record<keyof typeof sealRoutes, (c: Context) => unknown> {
  const id = (c: Context) => c.req.param('id') ?? '';
  return {
    sealApply: async (c) => {
      // The signature first: a stranger's megabytes are not even parsed.
      const signer = await readSigner(c);
      const key = readIdempotencyKey(c);
      return book.show(await book.apply(await readBody(c, sealRequestSchema), key, signer));
    },
    sealRead: (c) => book.show(book.read(id(c))),
    sealFetch: (c) => {
      const form = sealFormSchema.safeParse(c.req.query('form'));
      if (!form.success) throw new OrderProblem('invalid', 'form is missing, or there is none of that name');
      return book.issued(id(c), form.data);
    },
    sealBound: async (c) => {
      const signer = await readSigner(c);
      return book.show(book.bound(id(c), signer, await readBody(c, sealBoundSchema)));
    },
    sealWithdraw: async (c) => book.show(book.withdraw(id(c), await readSigner(c))),
    sealReissue: async (c) => {
      const signer = await readSigner(c);
      return book.show(book.reissue(await readBody(c, sealReissueSchema), signer));
    },
    lossReport: async (c) => {
      const signed = c.req.header('signature-input') !== undefined || c.req.header('signature') !== undefined;
      const signer = signed ? await readSigner(c) : null;
      return losses.report(await readBody(c, lossRequestSchema), signer, authorityName);
    },
  };
}
