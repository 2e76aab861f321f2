import { join } from 'node:path';
import type { PracticeWorld } from '../../../../softhsm-fixtures/index.ts';
import type { PinReply, PinRequest } from '../../../shared/contract/index.ts';
import { type HostProcess, type Port, portPair, RpcClient } from '../../../shared/hosts/index.ts';
import { spawnNodeHost } from '../../cli/spawn.ts';
import type { ModuleFacts, SignatureAnswer, SignRequest, TokenReport } from '../api.ts';

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

const running: HostProcess[] = [];

/** Ends every host that a test started. */
export async function endHosts(): Promise<void> {
  for (const host of running.splice(0)) {
    host.kill();
    await host.exited;
  }
}

/** A token host in a process of its own, with everything that it ever sends to its caller written down. */
export async function startHost(world: PracticeWorld, path = world.module, env: Record<string, string> = {}) {
  const host = spawnNodeHost(hostEntry, { env: { ...process.env, ...world.env, ...env } })();
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

  /** `later` gets a way to answer when it likes. */
  const sign = async (
    request: Partial<SignRequest>,
    person: Person,
    later?: (answer: (request: PinRequest) => void) => void,
  ) => {
    const [mine, given] = portPair();
    const replies: PinReply[] = [];
    mine.onMessage((message) => {
      const reply = message as PinReply;
      replies.push(reply);
      const answer = person(reply);
      if (answer === 'close') mine.close();
      else if (answer) mine.post(answer);
    });
    later?.((answer) => mine.post(answer));
    const waits: string[] = [];
    const whole: SignRequest = {
      serial: world.token.serial,
      label: world.token.label,
      certificateSha256: world.certificates[0]!.sha256,
      scheme: 'rsa-pkcs1',
      hash: 'sha256',
      message: Buffer.from('attributes'),
      ...request,
    };
    const answer = client.call('sign', whole, {
      deadline,
      ports: [given],
      onWaiting: () => waits.push('waiting'),
      onResumed: () => waits.push('resumed'),
    }) as Promise<SignatureAnswer>;
    const outcome = await answer.then(
      (value) => ({ value, error: undefined }),
      (error: unknown) => ({ value: undefined, error }),
    );
    return { ...outcome, replies, said: replies.map(({ type }) => type), waits };
  };
  return { host, client, facts, list, listAll, sign, sent };
}
