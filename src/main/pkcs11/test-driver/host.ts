import { join } from 'node:path';
import type { PracticeWorld } from '../../../../softhsm-fixtures/index.ts';
import {
  type PinField,
  type PinReply,
  type PinRequest,
  pinReplySchema,
} from '../../../shared/contract/index.ts';
import { type HostProcess, type Port, portPair, RpcClient } from '../../../shared/hosts/index.ts';
import { spawnNodeHost } from '../../cli/spawn.ts';
import type {
  CareAnswer,
  CareMethod,
  ModuleFacts,
  SignatureAnswer,
  SignRequest,
  TokenHostMethod,
  TokenReport,
} from '../api.ts';

export const hostEntry = join(import.meta.dirname, '..', 'token.host.ts');
const deadline = 60_000;

/** Answers a question of the token host; 'close' hangs up as a closed window does. */
export type Person = (reply: PinReply) => PinRequest | 'close' | undefined;

export const submit = (pin: string, lastTryAgreed = false): PinRequest => ({
  type: 'submit',
  pin,
  lastTryAgreed,
});
/** Types the same PIN into every open field. */
export const typing =
  (pin: string): Person =>
  (reply) =>
    reply.type === 'ask' ? submit(pin) : undefined;

/**
 * Types into each field what is meant for it, one after the other; gives up when nothing is left, and when a failure
 * is told.
 */
export function people(pins: Partial<Record<PinField, string[]>>): Person {
  const left = new Map(Object.entries(pins).map(([field, list]) => [field, [...(list ?? [])]]));
  return (reply) => {
    if (reply.type === 'failed') return { type: 'cancel' };
    if (reply.type !== 'ask') return undefined;
    const pin = left.get(reply.field)?.shift();
    return pin === undefined ? { type: 'cancel' } : submit(pin);
  };
}

const running: HostProcess[] = [];

/** Ends every host that a test started. */
export async function endHosts(): Promise<void> {
  for (const host of running.splice(0)) {
    host.kill();
    await host.exited;
  }
}

/** How a TokenService starts token hosts here: as Node processes that reach the world, and the faulty driver. */
export const tokenHosts = (world: PracticeWorld, env: Record<string, string> = {}) =>
  spawnNodeHost(hostEntry, { env: { ...process.env, ...world.env, ...env } });

/** A token host in a process of its own, with everything that it ever sends to its caller written down. */
export async function startHost(world: PracticeWorld, path = world.module, env: Record<string, string> = {}) {
  const host = tokenHosts(world, env)();
  running.push(host);
  const sent: unknown[] = [];
  const watched: Port = {
    ...host.port,
    onMessage: (listener) =>
      host.port.onMessage((message, ports) => {
        sent.push(message);
        listener(message, ports);
      }),
  };
  const client = new RpcClient(watched, () => host.kill());
  const facts = (await client.call('load', { path }, { deadline })) as ModuleFacts;
  const listAll = async (refresh = false) =>
    (await client.call('list', { refresh }, { deadline })) as TokenReport[];
  /** Without SoftHSM's spare slot. */
  const list = async (refresh = false) => (await listAll(refresh)).filter(({ initialized }) => initialized);

  /** Runs an act with somebody at the PIN window. `later` gets a way to answer when it likes. */
  const act = async <T>(
    method: TokenHostMethod,
    request: object,
    person: Person,
    later?: (answer: (request: PinRequest) => void) => void,
  ) => {
    const [mine, given] = portPair();
    const replies: PinReply[] = [];
    mine.onMessage((message) => {
      const reply = pinReplySchema.parse(message);
      replies.push(reply);
      const answer = person(reply);
      if (answer === 'close') mine.close();
      else if (answer) mine.post(answer);
    });
    later?.((answer) => mine.post(answer));
    const waits: string[] = [];
    const progress: unknown[] = [];
    const answer = client.call(method, request, {
      deadline,
      ports: [given],
      onProgress: (value) => progress.push(value),
      onWaiting: () => waits.push('waiting'),
      onResumed: () => waits.push('resumed'),
    }) as Promise<T>;
    const outcome = await answer.then(
      (value) => ({ value, error: undefined }),
      (error: unknown) => ({ value: undefined, error }),
    );
    return { ...outcome, replies, said: replies.map(({ type }) => type), waits, progress };
  };

  const sign = (request: Partial<SignRequest>, person: Person, later?: Parameters<typeof act>[3]) => {
    const whole: SignRequest = {
      serial: world.token.serial,
      label: world.token.label,
      certificateSha256: world.certificates[0]!.sha256,
      scheme: 'rsa-pkcs1',
      hash: 'sha256',
      message: Buffer.from('attributes'),
      ...request,
    };
    return act<SignatureAnswer>('sign', whole, person, later);
  };

  /** An act on a token's PINs; the practice token's without another one. */
  const care = (method: CareMethod, request: object, person: Person) =>
    act<CareAnswer>(method, { serial: world.token.serial, label: world.token.label, ...request }, person);
  return { host, client, facts, list, listAll, sign, care, sent };
}
