import { type ChildProcess, fork } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { YinkeyError } from '../src/shared/errors/index.ts';
import type { PracticeKeyType } from './types.ts';

export type DriverOperation =
  | { do: 'tokens' }
  | { do: 'init'; serial?: string; label: string; soPin: string; pin: string | null }
  | { do: 'generate'; serial: string; pin: string; keyType: PracticeKeyType; keyId: string; label: string }
  | {
      do: 'store';
      serial: string;
      pin: string;
      keyId: string;
      label: string;
      der: Uint8Array;
      subject: Uint8Array;
      issuer: Uint8Array;
      serialNumber: Uint8Array;
    }
  | {
      do: 'store-data';
      serial: string;
      pin: string;
      application: string;
      label: string;
      value: Uint8Array;
    }
  | { do: 'reset-pin'; serial: string; soPin: string; pin: string }
  | { do: 'remove'; serial: string; pin: string; keyId: string }
  | { do: 'content'; serial: string; pin: string };

export interface DriverRequest {
  id: number;
  module: string;
  operation: DriverOperation;
}

export interface DriverAnswer {
  id: number;
  value?: unknown;
  error?: string;
}

export interface TokenContent {
  certificates: { keyId: string; label: string; der: Uint8Array }[];
  /** CKA_ID (hex) of each private key. */
  privateKeys: string[];
  data: { application: string; label: string; value: Uint8Array }[];
}

type PublicParts =
  | { kty: 'EC'; point: Uint8Array }
  | { kty: 'RSA'; modulus: Uint8Array; exponent: Uint8Array };

/** A Node that runs TypeScript as it stands: this process's own, or the project's when this process is Electron. */
export function nodePath(): string {
  if (!process.versions.electron) return process.execPath;
  const local = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  return existsSync(local) ? local : 'node';
}

/** `CKA_EC_POINT` holds the point inside an OCTET STRING; some drivers leave the wrapping out. */
function ecPoint(value: Uint8Array): Uint8Array {
  if (value[0] === 0x04 && value[1] === value.length - 2) return value.subarray(2);
  return value;
}

function toPublicKey(parts: PublicParts, keyType: PracticeKeyType): KeyObject {
  const word = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  if (parts.kty === 'RSA') {
    return createPublicKey({
      key: { kty: 'RSA', n: word(parts.modulus), e: word(parts.exponent) },
      format: 'jwk',
    });
  }
  const point = ecPoint(parts.point);
  const half = (point.length - 1) / 2;
  const crv = keyType === 'EC-P384' ? 'P-384' : 'P-256';
  const key = { kty: 'EC', crv, x: word(point.subarray(1, 1 + half)), y: word(point.subarray(1 + half)) };
  return createPublicKey({ key, format: 'jwk' });
}

/** One driver process; operations run in the order they are asked for. */
export class Driver {
  readonly #module: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #next = 1;

  constructor(module: string, conf: string) {
    this.#module = module;
    this.#child = fork(fileURLToPath(new URL('./driver.worker.ts', import.meta.url)), [], {
      execPath: nodePath(),
      execArgv: [],
      env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, SOFTHSM2_CONF: conf },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: DriverAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new YinkeyError('practice.failed', { reason: answer.error }));
    });
    const lost = (reason: string) => {
      for (const { reject } of this.#waiting.values()) reject(new YinkeyError('practice.failed', { reason }));
      this.#waiting.clear();
    };
    this.#child.on('error', (error) => lost(error.message));
    this.#child.on('exit', (code, signal) => lost(`driver process ended (${signal ?? code})`));
  }

  #ask<T>(operation: DriverOperation): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      if (!this.#child.connected) {
        this.#waiting.delete(id);
        reject(new YinkeyError('practice.failed', { reason: 'driver process is not running' }));
        return;
      }
      this.#child.send({ id, module: this.#module, operation } satisfies DriverRequest);
    });
  }

  /** The initialised tokens. */
  tokens(): Promise<{ label: string; serial: string }[]> {
    return this.#ask({ do: 'tokens' });
  }

  /** Initialises a free slot, or the token with `serial` anew. `pin: null` leaves the user PIN unset. */
  init(token: {
    serial?: string;
    label: string;
    soPin: string;
    pin: string | null;
  }): Promise<{ serial: string }> {
    return this.#ask({ do: 'init', ...token });
  }

  /** Makes a key pair on the token; the private half is sensitive and can't be taken out. */
  async generate(key: Omit<Extract<DriverOperation, { do: 'generate' }>, 'do'>): Promise<KeyObject> {
    const { spki } = await this.#ask<{ spki: PublicParts }>({ do: 'generate', ...key });
    return toPublicKey(spki, key.keyType);
  }

  /** Puts a certificate on the token in place of the one with the same CKA_ID. */
  async store(certificate: Omit<Extract<DriverOperation, { do: 'store' }>, 'do'>): Promise<void> {
    await this.#ask({ do: 'store', ...certificate });
  }

  /** Puts a public data object on the token in place of those with the same application and label. */
  async storeData(object: Omit<Extract<DriverOperation, { do: 'store-data' }>, 'do'>): Promise<void> {
    await this.#ask({ do: 'store-data', ...object });
  }

  /** Sets the user PIN with the SO PIN. */
  async resetPin(serial: string, soPin: string, pin: string): Promise<void> {
    await this.#ask({ do: 'reset-pin', serial, soPin, pin });
  }

  /** Destroys all objects with this CKA_ID. */
  async remove(serial: string, pin: string, keyId: string): Promise<void> {
    await this.#ask({ do: 'remove', serial, pin, keyId });
  }

  /** Everything on the token, seen with the user PIN. */
  content(serial: string, pin: string): Promise<TokenContent> {
    return this.#ask({ do: 'content', serial, pin });
  }

  /** Ends the process after C_Finalize. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }
}

/** Runs `work` with a driver process of its own and ends it afterwards. */
export async function withDriver<T>(
  module: string,
  conf: string,
  work: (driver: Driver) => Promise<T>,
): Promise<T> {
  const driver = new Driver(module, conf);
  try {
    return await work(driver);
  } finally {
    await driver.close();
  }
}
