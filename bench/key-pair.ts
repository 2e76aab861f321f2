import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { TokenService } from '../src/main/pkcs11/index.ts';
import { people, tokenHosts } from '../src/main/pkcs11/test-driver/host.ts';
import { portPair } from '../src/shared/hosts/index.ts';
import type { Figure } from './report.ts';
import type { SimulatedWorld } from './simulated.ts';

/**
 * The longest time for which the process that asks for a key pair does nothing else while the key makes it: the token
 * service as main and the command line have it, in this process, with a token host of its own.
 */
export async function keyPair({ practice, keysim }: SimulatedWorld, pin: string): Promise<Figure> {
  const path = keysim.module;
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const service = new TokenService({
    spawn: tokenHosts(practice, keysim.env),
    ledger: { list: () => [{ path, sha256 }], agree: () => {}, forget: () => {} },
    known: [],
  });
  try {
    const [person, pinPort] = portPair();
    const types = people({ pin: [pin] });
    person.onMessage((reply) => {
      const answer = types(reply as Parameters<typeof types>[0]);
      if (answer && answer !== 'close') person.post(answer);
    });
    const { serial, label } = practice.token;
    const act = await service.act({ module: path, serial, label }, { pinPort });
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const began = performance.now();
    const { spki } = await act.generate({ keyType: 'RSA-2048', ckaId: 'be4c', label: 'bench' });
    const took = performance.now() - began;
    delays.disable();
    await act.removePair('be4c', spki);
    await act.end();
    return {
      part: 'f',
      name: `longest block of the token service, key pair made for ${(took / 1000).toFixed(0)} s`,
      value: delays.max / 1e6,
      unit: 'ms',
      limit: 50,
      below: true,
    };
  } finally {
    await service.stop();
  }
}
