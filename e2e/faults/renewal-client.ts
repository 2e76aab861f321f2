import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AuditLog } from '../../src/main/audit/index.ts';
import { type AuthorityHttp, authorityHttp, SealsClient } from '../../src/main/authority/index.ts';
import { parsePemCertificates } from '../../src/main/certificates/index.ts';
import { spawnNodeHost } from '../../src/main/cli/spawn.ts';
import { examineModule, TokenService } from '../../src/main/pkcs11/index.ts';
import { type Phase, Renewals, type RenewalTools } from '../../src/main/renewal/index.ts';
import { bindSeal } from '../../src/main/seals/index.ts';
import { openStore, type Store } from '../../src/main/store/index.ts';
import { type PinRequest, pinReplySchema } from '../../src/shared/contract/index.ts';
import type { TokenId } from '../../src/shared/domain/index.ts';
import { type Port, portPair } from '../../src/shared/hosts/index.ts';

const hostEntry = path.resolve(import.meta.dirname, '../../src/main/pkcs11/token.host.ts');
/** Short, because a case with a key that does not answer waits this long. */
const deadlines = { load: 15_000, list: 5000, login: 5000, sign: 5000, write: 5000, generate: 20_000 };

/** Everything that a client process is told; plain, so that it can be sent to another one. */
export interface ClientFacts {
  /** The client's store. */
  store: string;
  module: string;
  env: Record<string, string>;
  /** PEM file. */
  root: string;
  pin: string;
  token: TokenId;
  /** Base of the orders API. */
  authority: string;
}

/** The client as it starts: its keys, its store, its renewals. */
export interface RenewalClient {
  renewals: Renewals;
  tokens: TokenService;
  store: Store;
  audit: AuditLog;
  pinPort: () => Port;
  close(): Promise<void>;
}

export function person(pin: string): () => Port {
  return () => {
    const [hostEnd, own] = portPair();
    let given = false;
    own.onMessage((message) => {
      const reply = pinReplySchema.parse(message);
      const send = (request: PinRequest) => own.post(request);
      if (reply.type === 'failed' || (reply.type === 'ask' && given)) send({ type: 'cancel' });
      else if (reply.type === 'ask') {
        given = true;
        send({ type: 'submit', pin, lastTryAgreed: false });
      }
    });
    return hostEnd;
  };
}

export async function tokensOf(facts: Pick<ClientFacts, 'module' | 'env'>): Promise<TokenService> {
  const { sha256 } = await examineModule(facts.module);
  const entries = [{ path: facts.module, sha256 }];
  return new TokenService({
    spawn: spawnNodeHost(hostEntry, { env: { ...process.env, ...facts.env } }),
    ledger: { list: () => entries, agree: () => {}, forget: () => {} },
    known: [],
    deadlines,
  });
}

export async function startClient(
  facts: ClientFacts,
  more: {
    tokens?: TokenService;
    http?: (below: AuthorityHttp) => AuthorityHttp;
    journal?: (below: Store['renewals']) => Store['renewals'];
    atStep?: (phase: Phase, when: 'before' | 'after') => void | Promise<void>;
  } = {},
): Promise<RenewalClient> {
  const { store } = await openStore({ file: facts.store });
  const audit = new AuditLog(store.audit);
  const tokens = more.tokens ?? (await tokensOf(facts));
  const below = authorityHttp();
  const http = more.http?.(below) ?? below;
  const keep = (seal: Uint8Array) => void store.seals.keep(seal, new Date());
  const tools: RenewalTools = {
    tokens,
    http,
    seals: {
      maker: (url) => new SealsClient({ url, http }),
      revocation: (sha256) => store.status.revocation(sha256),
      stored: (sha256) => store.seals.bytes(sha256) ?? null,
      bind: (act, seal) => bindSeal(act, seal, { keep }),
      changed: () => {},
    },
    journal: more.journal?.(store.renewals) ?? store.renewals,
    audit,
    roots: async () => parsePemCertificates(await readFile(facts.root)),
    ...(more.atStep && { atStep: more.atStep }),
  };
  const renewals = new Renewals(tools);
  return {
    renewals,
    tokens,
    store,
    audit,
    pinPort: person(facts.pin),
    close: async () => {
      await renewals.close();
      below.close();
      if (!more.tokens) await tokens.stop();
      store.close();
    },
  };
}
