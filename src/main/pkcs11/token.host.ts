import { z } from 'zod';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CallContext, hostPort, serve } from '../../shared/hosts/index.ts';
import type { ModuleFacts, SignatureAnswer, TokenHostMethod, TokenReport } from './api.ts';
import { loadModule } from './cryptoki.ts';
import { PinConversation } from './pin-conversation.ts';
import { TokenList } from './token-list.ts';
import { TokenSigner } from './token-signer.ts';
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
});

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new YinkeyError('request.invalid', {}, { cause: parsed.error });
  return parsed.data;
}

/** One call into the driver at a time, in the order they came. */
let last: Promise<unknown> = Promise.resolve();
function exclusive<T>(work: () => T | Promise<T>): Promise<T> {
  const result = last.then(work);
  // The next one starts whether this one failed or not; the failure itself is told by `result`.
  last = result.catch(() => {});
  return result;
}

let loaded: { list: TokenList; signer: TokenSigner } | undefined;

function ready() {
  if (!loaded) throw new YinkeyError('request.refused', { method: 'before load' });
  return loaded;
}

const port = hostPort();
// Whoever started this process has gone: nobody is left to sign for.
port.onClose(() => process.exit(0));

const handlers = {
  load: (input: unknown): Promise<ModuleFacts> =>
    exclusive(async () => {
      const { path } = parse(loadSchema, input);
      if (loaded) throw new YinkeyError('request.refused', { method: 'load' });
      const module = await loadModule(path);
      const facts = module.info();
      const list = new TokenList(module, quirksOf(facts.manufacturer).reinitialise);
      loaded = { list, signer: new TokenSigner(module, list, exclusive) };
      return facts;
    }),

  list: (input: unknown): Promise<TokenReport[]> =>
    exclusive(() => ready().list.list(parse(listSchema, input).refresh)),

  sign: (input: unknown, context: CallContext): Promise<SignatureAnswer> => {
    const request = parse(signSchema, input);
    const [pinPort] = context.ports;
    if (!pinPort) throw new YinkeyError('request.invalid', { method: 'sign without a PIN port' });
    return ready().signer.sign(request, new PinConversation(pinPort, context));
  },
} satisfies Record<TokenHostMethod, unknown>;

serve(port, handlers);
