import { z } from 'zod';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CallContext, hostPort, serve } from '../../shared/hosts/index.ts';
import { TokenActs } from './act.ts';
import {
  type ActWorkAnswer,
  actEndSchema,
  actOpenSchema,
  actWorkSchema,
  canGenerateSchema,
  type TokenAbilities,
} from './act-api.ts';
import { abilitiesOf } from './act-generate.ts';
import type { CareAnswer, ModuleFacts, SignatureAnswer, TokenHostMethod, TokenReport } from './api.ts';
import { loadModule } from './cryptoki.ts';
import type { TokenData } from './data-api.ts';
import { sealOfUseSchema } from './data-api.ts';
import { publicData } from './data-objects.ts';
import { PinCare } from './pin-care.ts';
import { messagesOut, PinConversation } from './pin-conversation.ts';
import { type SlotsReport, slotsOf } from './slot-facts.ts';
import { TokenList } from './token-list.ts';
import { TokenSigner } from './token-signer.ts';
import { knownTriesSchema, nothingKnown } from './tries.ts';
import { quirksOf } from './vendors.ts';

/**
 * The token host: one process for one PKCS#11 module. Drivers block, hang and crash, so nothing else lives here; it
 * has no network, no store and no documents. Methods: see api.ts.
 */

const loadSchema = z.object({ path: z.string().min(1) });
const listSchema = z.object({ refresh: z.boolean() });
const signSchema = z.object({
  serial: z.string(),
  label: z.string(),
  certificateSha256: z.string().regex(/^[0-9a-f]{64}$/),
  scheme: z.enum(['rsa-pkcs1', 'rsa-pss', 'ecdsa']),
  hash: z.enum(['sha256', 'sha384', 'sha512']),
  message: z.instanceof(Uint8Array),
  seal: sealOfUseSchema.optional(),
  tries: knownTriesSchema.optional(),
});
const careSchema = z.object({
  serial: z.string(),
  label: z.string(),
  tries: knownTriesSchema.default(nothingKnown),
});
const settleSchema = careSchema.extend({ candidate: z.enum(['old', 'new']) });
const initialiseSchema = careSchema.extend({
  blank: z.object({ slot: z.number().int().nonnegative() }).nullable(),
  newLabel: z.string().min(1),
  serialTyped: z.string().nullable(),
});

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new YinkeyError('request.invalid', {}, { cause: parsed.error });
  return parsed.data;
}

/** One call into the driver at a time, in the order they came. */
let last: Promise<unknown> = Promise.resolve();
let working = false;
function exclusive<T>(work: () => T | Promise<T>): Promise<T> {
  const result = last.then(async () => {
    working = true;
    try {
      return await work();
    } finally {
      working = false;
    }
  });
  // The next one starts whether this one failed or not; the failure itself is told by `result`.
  last = result.catch(() => {});
  return result;
}

let loaded:
  | {
      list: TokenList;
      signer: TokenSigner;
      care: PinCare;
      acts: TokenActs;
      slots: () => SlotsReport;
      abilities: (token: { serial: string; label: string }) => TokenAbilities;
      data: (token: { serial: string; label: string }, next: () => Promise<void>) => Promise<TokenData[]>;
    }
  | undefined;
/** Acts with a person in them. One that keeps a session open meanwhile wants the key for itself. */
let acts = 0;
let caring = false;

function ready() {
  if (!loaded) throw new YinkeyError('request.refused', { method: 'before load' });
  return loaded;
}

/**
 * Hands the PIN window's port to an act. Two acts at a time would log each other out: a PIN is changed alone.
 * Errors: token.busy.
 */
async function withPerson<T>(
  context: CallContext,
  alone: boolean,
  act: (person: PinConversation) => Promise<T>,
): Promise<T> {
  const [pinPort] = context.ports;
  if (!pinPort) throw new YinkeyError('request.invalid', { method: 'an act without a PIN port' });
  if (caring || (alone && acts > 0)) {
    pinPort.close();
    throw new YinkeyError('token.busy');
  }
  acts++;
  caring = alone;
  try {
    return await act(new PinConversation(pinPort, context));
  } finally {
    acts--;
    caring = false;
  }
}

const port = hostPort();
// Whoever started this process has gone: nobody is left to sign for.
port.onClose(() => void leave());

/** So long may a key take to be logged out by then, in milliseconds. */
const leaveMillis = 2000;

/** Logs out if it can. At its own end Node waits for a driver's call on another thread, for ever if that hangs. */
async function leave(): Promise<void> {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, leaveMillis);
  await loaded?.acts.end();
  if (working) kill();
  else process.exit(0);
}

const handlers = {
  load: (input: unknown): Promise<ModuleFacts> =>
    exclusive(async () => {
      const { path } = parse(loadSchema, input);
      if (loaded) throw new YinkeyError('request.refused', { method: 'load' });
      const module = await loadModule(path);
      const facts = module.info();
      const list = new TokenList(module, quirksOf(facts.manufacturer).reinitialise);
      loaded = {
        list,
        signer: new TokenSigner(module, list, exclusive),
        care: new PinCare(module, list, exclusive),
        acts: new TokenActs(module, list, exclusive),
        slots: () => slotsOf(module),
        abilities: (token) => abilitiesOf(module, list.find(token).slot),
        data: (token, next) => publicData(module, list, token, next),
      };
      return facts;
    }),

  list: (input: unknown, context: CallContext): Promise<TokenReport[]> => {
    // What comes first has clocks of its own: a look that waits for a slow key's seals is not hanging.
    context.phase(null);
    return exclusive(async () => {
      context.phase('find');
      await messagesOut();
      return ready().list.list(parse(listSchema, input).refresh, async () => {
        context.phase('find');
        await messagesOut();
      });
    });
  },

  sign: (input: unknown, context: CallContext): Promise<SignatureAnswer> => {
    const request = parse(signSchema, input);
    return withPerson(context, false, (person) => ready().signer.sign(request, person));
  },

  'change-pin': (input: unknown, context: CallContext): Promise<CareAnswer> => {
    const request = parse(careSchema, input);
    return withPerson(context, true, (person) => ready().care.changePin(request, person));
  },

  unlock: (input: unknown, context: CallContext): Promise<CareAnswer> => {
    const request = parse(careSchema, input);
    return withPerson(context, true, (person) => ready().care.unlock(request, person));
  },

  'change-so-pin': (input: unknown, context: CallContext): Promise<CareAnswer> => {
    const request = parse(careSchema, input);
    return withPerson(context, true, (person) => ready().care.changeSoPin(request, person));
  },

  'settle-so-pin': (input: unknown, context: CallContext): Promise<CareAnswer> => {
    const request = parse(settleSchema, input);
    return withPerson(context, true, (person) => ready().care.settleSoPin(request, person));
  },

  initialise: (input: unknown, context: CallContext): Promise<CareAnswer> => {
    const request = parse(initialiseSchema, input);
    return withPerson(context, true, (person) => ready().care.initialise(request, person));
  },

  act: (input: unknown, context: CallContext): Promise<null> => {
    const request = parse(actOpenSchema, input);
    return withPerson(context, true, (person) => ready().acts.run(request, person));
  },

  'act-work': (input: unknown, context: CallContext): Promise<ActWorkAnswer> => {
    const { act, work } = parse(actWorkSchema, input);
    return ready().acts.work(act, work, context);
  },

  'act-end': (input: unknown): Promise<null> => ready().acts.end(parse(actEndSchema, input).act),

  'can-generate': (input: unknown): Promise<TokenAbilities> => {
    const token = parse(canGenerateSchema, input);
    // Looking for the token must not end the sessions of an act.
    if (acts > 0) throw new YinkeyError('token.busy');
    return exclusive(() => ready().abilities(token));
  },

  data: (input: unknown, context: CallContext): Promise<TokenData[]> => {
    const token = parse(canGenerateSchema, input);
    if (acts > 0) throw new YinkeyError('token.busy');
    // What comes first has clocks of its own.
    context.phase(null);
    return exclusive(() =>
      ready().data(token, async () => {
        context.phase('find');
        await messagesOut();
      }),
    );
  },

  slots: (): Promise<SlotsReport> => exclusive(() => ready().slots()),
} satisfies Record<TokenHostMethod, unknown>;

serve(port, handlers);
