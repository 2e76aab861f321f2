import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../../../softhsm-fixtures/impressions/index.ts';
import { portPair } from '../../shared/hosts/process-port.ts';
import { serveDocuments } from '../documents/host-service.ts';
import { DocumentHost } from '../documents/index.ts';
import { sealCapture } from './commands/seal-capture.ts';
import type { Services } from './services.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-seal-cli-'));
const documents = new DocumentHost({
  spawn: () => {
    const [client, service] = portPair();
    serveDocuments(service);
    return { port: client, pid: undefined, kill: () => {}, exited: new Promise(() => {}) };
  },
});
const services = { documents } as unknown as Services;
afterAll(async () => {
  await documents.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('yinkey seal capture', () => {
  it('writes a good seal with its measures, and never over another file', async () => {
    const made = await goodImpression(7);
    const input = path.join(dir, 'scan.jpg');
    const out = path.join(dir, 'seal.png');
    writeFileSync(input, made.bytes);
    const outcome = await sealCapture(services, input, { out, colour: 'red' }, 'en');
    expect(outcome.exit).toBe(0);
    expect(outcome.json).toMatchObject({ output: out, shape: 'circle', verdict: 'good' });
    expect(readFileSync(out).length).toBeLessThanOrEqual(24 * 1024);
    const again = sealCapture(services, input, { out, colour: 'red' }, 'en');
    await expect(again).rejects.toMatchObject({ code: 'document.output-exists' });
  });

  it('tells where the border is missing and writes nothing', async () => {
    const made = await goodImpression(7, { rotation: 0, missing: { from: 205, to: 245 } });
    const input = path.join(dir, 'gap.jpg');
    const out = path.join(dir, 'gap.png');
    writeFileSync(input, made.bytes);
    const { exit, json, lines } = await sealCapture(services, input, { out, colour: 'red' }, 'en');
    expect(exit).toBe(1);
    expect(existsSync(out)).toBe(false);
    const { checks } = json as { checks: { name: string; where?: { angle: number; degrees: number } }[] };
    const ring = checks.find(({ name }) => name === 'ring');
    expect(Math.abs(ring!.where!.angle - 225)).toBeLessThan(3);
    expect(Math.abs(ring!.where!.degrees - 40)).toBeLessThan(4);
    expect(lines.join('\n')).toMatch(/Press harder at the lower left: \d+° of the border are missing/);
    expect(lines.join('\n')).not.toContain('{{');
  });
});
