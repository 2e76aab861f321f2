import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { WindowPage } from '../e2e/pages/window-page.ts';
import { issue, makeToken, type PracticeWorld } from '../softhsm-fixtures/index.ts';
import type { Keysim } from '../softhsm-fixtures/keysim/index.ts';
import { startProbe } from '../softhsm-fixtures/keysim/probe.ts';
import { type Figure, median, timed } from './report.ts';
import { type SimulatedWorld, simulatedWorld } from './simulated.ts';

const KEYS = 5;
const ON_EACH = 10;
const ALL = KEYS * ON_EACH;

/** Longer than anybody would wait: the bench tells how long it takes, and ends when it never comes. */
const PATIENCE = 180_000; // milliseconds

/**
 * (h) The certificates screen with 50 certificates on 5 cheap USB keys: from the start of the client to all of them in
 * the list, by a client that never saw the keys and by one that did; beside it what the keys need for a program that
 * reads nothing but the certificates.
 */
export async function manyCertificates(options: { folder: string; rounds: number }): Promise<Figure[]> {
  const world = await simulatedWorld(path.join(options.folder, 'many'), { preset: 'cheap-usb' }, makeKeys);
  const bare: number[] = [];
  const cold: number[] = [];
  const warm: number[] = [];
  const asked: number[] = [];
  let reads = { bare: 0, ours: 0 };
  for (let round = 0; round < options.rounds; round++) {
    const userData = path.join(options.folder, `many-client-${round}`);
    mkdirSync(userData);
    const before = await attributeReads(world.keysim);
    bare.push(await timed(() => listBare(world.keysim)));
    const between = await attributeReads(world.keysim);
    cold.push((await open(world, userData)).listed);
    reads = { bare: between - before, ours: (await attributeReads(world.keysim)) - between };
    const again = await open(world, userData);
    warm.push(again.listed);
    asked.push(again.asked);
  }
  const figure = (name: string, samples: number[], unit: 'ms' | '' = 'ms'): Figure => ({
    part: 'h',
    name,
    value: median(samples),
    unit,
    samples,
  });
  const against = (samples: number[]) => ({
    ratio: median(samples) / median(bare),
    against: `the keys: certificates read and nothing else, ${Math.round(median(bare))} ms`,
  });
  return [
    {
      ...figure(`start to ${ALL} certificates of ${KEYS} slow keys listed, never seen before`, cold),
      ...against(cold),
    },
    {
      ...figure('the same, seen before', warm),
      ...against(warm),
      limit: 1,
      below: true,
    },
    figure('the list asked for again (certificates.list)', asked),
    {
      ...figure('questions for attributes until all keys were read', [reads.ours], ''),
      ratio: reads.ours / reads.bare,
      against: `certificates read and nothing else, ${reads.bare}`,
    },
  ];
}

async function makeKeys(practice: PracticeWorld): Promise<Record<string, { token: string }>> {
  const keys: Record<string, { token: string }> = {};
  for (let key = 1; key <= KEYS; key++) {
    const token = await makeToken(practice, { label: `Bench ${key}` });
    for (let n = 1; n <= ON_EACH; n++)
      await issue(practice, { token, keyType: 'EC-P256', label: `Seal ${key}-${n}` });
    keys[`k${key}`] = { token: token.serial };
  }
  return keys;
}

/** The client from its start until the list is whole and every key has been read, and then one question for the list. */
async function open(world: SimulatedWorld, userData: string): Promise<{ listed: number; asked: number }> {
  const began = performance.now();
  const client = await world.launch(userData);
  try {
    await new WindowPage(client.page).go('certificates');
    await client.page
      .getByTestId('certificate-card')
      .nth(ALL - 1)
      .waitFor({ state: 'attached', timeout: PATIENCE });
    const listed = performance.now() - began;
    await client.page.waitForFunction(
      async (all) => {
        const answer = await window.yinkey.call('certificates.list', undefined);
        return answer.ok && answer.output.filter(({ plugged }) => plugged).length === all;
      },
      ALL,
      { timeout: PATIENCE, polling: 100 },
    );
    const { asked, count } = await client.page.evaluate(async () => {
      const start = performance.now();
      const answer = await window.yinkey.call('certificates.list', undefined);
      return { asked: performance.now() - start, count: answer.ok ? answer.output.length : 0 };
    });
    if (count !== ALL) throw new Error(`${count} certificates are listed`);
    return { listed, asked };
  } finally {
    await client.close();
  }
}

/** All certificates of all keys, with id and label, by a program that wants nothing else: one question for each. */
async function listBare(keysim: Keysim): Promise<void> {
  const probe = await startProbe(keysim);
  let found = 0;
  try {
    for (const slot of await probe.call<Uint8Array[]>('C_GetSlotList', true)) {
      await probe.call('C_GetTokenInfo', Buffer.from(slot));
      const session = Buffer.from(await probe.call<Uint8Array>('C_OpenSession', Buffer.from(slot), 0x4));
      await probe.call('C_FindObjectsInit', session, [{ type: 0x00, value: 0x01 }]); // CKA_CLASS, CKO_CERTIFICATE
      const handles = await probe.call<Uint8Array[]>('C_FindObjects', session, 64);
      await probe.call('C_FindObjectsFinal', session);
      for (const handle of handles) {
        // CKA_VALUE, CKA_ID, CKA_LABEL
        const wanted = [{ type: 0x11 }, { type: 0x102 }, { type: 0x03 }];
        await probe.call('C_GetAttributeValue', session, Buffer.from(handle), wanted);
        found++;
      }
      await probe.call('C_CloseSession', session);
    }
    await probe.call('C_Finalize');
  } finally {
    await probe.end();
  }
  if (found !== ALL) throw new Error(`${found} certificates were found`);
}

async function attributeReads(keysim: Keysim): Promise<number> {
  return Number(/^C_GetAttributeValue (\d+)$/m.exec(await keysim.control('calls'))?.[1] ?? 0);
}
