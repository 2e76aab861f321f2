import type { z } from 'zod';
import type { LoginFacts } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import {
  type ActOpened,
  actWorkAnswerSchema,
  type FreeMemory,
  type TokenAct,
  type Work,
  type WorkAnswer,
  type WorkOf,
  workAnswers,
} from './act-api.ts';
import { removedDataSchema, writtenDataSchema } from './data-api.ts';
import type { KnownTries } from './tries.ts';

/** What an act's operations go through: the module's host, and what the service knows of the token. */
export interface ActWire {
  opened: ActOpened;
  /** Settles when the call `act` does: the login is over. */
  over: Promise<void>;
  work(work: Work, pinPort: Port | undefined): Promise<unknown>;
  end(): Promise<unknown>;
  logins: readonly LoginFacts[];
  tries(): KnownTries;
  /** Opens another window for a PIN; undefined where nobody can be asked again. */
  pinPortAgain: (() => Port) | undefined;
  module: string;
}

/** TokenAct on main's side: operations one after the other, answers checked. */
export function tokenAct(wire: ActWire): TokenAct {
  let memory: FreeMemory = wire.opened.memory;
  let { tokenMillis } = wire.opened;
  let isOver = false;
  let ending: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const over = wire.over.then(() => {
    isOver = true;
  });

  async function once<W extends Work>(work: W, pinPort?: Port): Promise<WorkAnswer<W['do']>> {
    const answer = checked(actWorkAnswerSchema, await wire.work(work, pinPort), wire.module);
    memory = answer.memory;
    tokenMillis += answer.tokenMillis;
    const schema: z.ZodType = workAnswers[work.do];
    return checked(schema, answer.value, wire.module) as WorkAnswer<W['do']>;
  }

  /** In the order they were called; one that failed holds up no other. */
  function queued<T>(run: () => Promise<T>): Promise<T> {
    if (isOver || ending) return Promise.reject(new YinkeyError('token.act-over'));
    const result = last.then(() => {
      if (isOver) throw new YinkeyError('token.act-over');
      return run();
    });
    last = result.catch(() => {});
    return result;
  }

  async function signature(work: Omit<WorkOf<'sign'>, 'tries'>): Promise<Uint8Array> {
    const answer = await once({ ...work, tries: wire.tries() });
    if ('signature' in answer) return answer.signature;
    const pinPort = wire.pinPortAgain?.();
    if (!pinPort)
      throw new YinkeyError('token.not-supported', { operation: 'sign', ckr: 'CKA_ALWAYS_AUTHENTICATE' });
    try {
      const asked = await once({ ...work, tries: wire.tries() }, pinPort);
      if ('signature' in asked) return asked.signature;
      throw new YinkeyError('driver.failed', { module: wire.module });
    } catch (error) {
      pinPort.close();
      throw error;
    }
  }

  return {
    token: wire.opened.token,
    logins: wire.logins,
    defaultPin: wire.opened.defaultPin,
    over,
    get memory() {
      return memory;
    },
    get tokenMillis() {
      return tokenMillis;
    },
    generate: (spec) => queued(() => once({ do: 'generate', ...spec })),
    sign: ({ ckaId, spki }, scheme, hash, message) =>
      queued(() => signature({ do: 'sign', ckaId, spki, scheme, hash, message })),
    async writeCertificate(certificate) {
      await queued(() => once({ do: 'write-certificate', ...certificate }));
    },
    pairs: () => queued(() => once({ do: 'pairs' })),
    certificates: () => queued(() => once({ do: 'certificates' })),
    async removePair(ckaId, spki) {
      await queued(() => once({ do: 'remove-pair', ckaId, spki }));
    },
    async removeCertificate(der) {
      await queued(() => once({ do: 'remove-certificate', der }));
    },
    data: () => queued(() => once({ do: 'data' })),
    async writeData(given) {
      const data = meant(writtenDataSchema, given);
      await queued(() => once({ do: 'write-data', data }));
    },
    async removeData(given) {
      const data = meant(removedDataSchema, given);
      await queued(() => once({ do: 'remove-data', data }));
    },
    end() {
      // What is under way has its own deadline: logging out waits for it.
      ending ??= last.then(async () => {
        // A login that can't be ended properly ended with its process.
        if (!isOver) await wire.end().catch(() => {});
        await over;
      });
      return ending;
    },
  };
}

/** Errors: request.invalid. */
function meant<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new YinkeyError('request.invalid', {}, { cause: parsed.error });
  return parsed.data;
}

function checked<T>(schema: z.ZodType<T>, answer: unknown, module: string): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new YinkeyError('driver.failed', { module }, { cause: parsed.error });
  return parsed.data;
}
