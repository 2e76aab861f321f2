import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { AuditLog } from '../src/main/audit/index.ts';
import { spawnNodeHost } from '../src/main/cli/spawn.ts';
import { DocumentHost, stampDocument } from '../src/main/documents/index.ts';
import { TokenService } from '../src/main/pkcs11/index.ts';
import { openStore, STORE_FILE } from '../src/main/store/index.ts';
import { pinReplySchema } from '../src/shared/contract/index.ts';
import type { CertificateInfo, KeyInfo } from '../src/shared/domain/index.ts';
import { type Port, portPair } from '../src/shared/hosts/index.ts';

const execute = promisify(execFile);

export interface Times {
  /** From the first call to the answer, no person's time in it. */
  total: number;
  /** Inside the driver, login and signature. */
  token: number;
  /** The whole talk with the token host; `token` lies in it. */
  signing: number;
  fsync: number;
  /** The audit log's entry, with the fsync of its database. */
  audit: number;
}

export interface StampWish {
  documents: DocumentHost;
  input: string;
  output: string;
  picture: Uint8Array;
}

/** A practice world with its key at hand, and the client's own processes around it: the bundles of out/. */
export class BenchWorld {
  readonly practice: PracticeWorld;
  readonly key: KeyInfo;
  readonly certificate: CertificateInfo;
  readonly #root: string;
  readonly #tokens: TokenService;
  readonly #audit: AuditLog;
  readonly #close: () => Promise<void>;

  private constructor(
    root: string,
    practice: PracticeWorld,
    found: { key: KeyInfo; certificate: CertificateInfo },
    tools: { tokens: TokenService; audit: AuditLog; close: () => Promise<void> },
  ) {
    this.#root = root;
    this.practice = practice;
    this.key = found.key;
    this.certificate = found.certificate;
    this.#tokens = tools.tokens;
    this.#audit = tools.audit;
    this.#close = tools.close;
  }

  /** Makes a practice world in `folder` and finds its RSA-2048 certificate through a token host. */
  static async open(root: string, folder: string): Promise<BenchWorld> {
    const practice = await practiceUp(path.join(folder, 'practice'));
    const { moduleSha256 } = JSON.parse(readFileSync(path.join(practice.dir, 'practice.json'), 'utf8'));
    const tokens = new TokenService({
      spawn: spawnNodeHost(path.join(root, 'out', 'main', 'token-host.js'), {
        env: { ...process.env, ...practice.env },
      }),
      ledger: {
        list: () => [{ path: practice.module, sha256: moduleSha256 }],
        agree: () => {},
        forget: () => {},
      },
    });
    const { store } = await openStore({ file: path.join(folder, STORE_FILE) });
    const close = async () => {
      await tokens.stop();
      store.close();
    };
    const { keys } = await tokens.refresh();
    const key = keys.find(({ serial }) => serial === practice.token.serial);
    const certificate = key?.certificates.find(({ keyType }) => keyType === 'RSA-2048');
    if (!key || !certificate) {
      await close();
      throw new Error('the practice key is not there');
    }
    return new BenchWorld(
      root,
      practice,
      { key, certificate },
      { tokens, audit: new AuditLog(store.audit), close },
    );
  }

  /** A document host of its own; whoever asks for one stops it. */
  documentHost(): DocumentHost {
    return new DocumentHost({
      spawn: spawnNodeHost(path.join(this.#root, 'out', 'main', 'document-host.js')),
    });
  }

  /** Picture of the public seal, 42 mm at 600 dpi. */
  get seal(): Uint8Array {
    return readFileSync(this.practice.picture);
  }

  /** Stamps a file the way the client does: prepare, PIN, token, finish with its self-check, audit. */
  async stamp({ documents, input, output, picture }: StampWish): Promise<Times> {
    const { key, certificate } = this;
    let signing = 0;
    let audit = 0;
    const { millis } = await stampDocument(
      {
        input,
        output,
        replace: true,
        expectedSha256: '',
        key,
        certificate,
        chain: this.#tokens.chain(key, certificate.id),
        picture,
        placement: { pages: '1', x: 120, y: 220, width: 42, height: 42 },
        now: new Date(),
      },
      {
        documents,
        sign: async (...call) => {
          const began = performance.now();
          const answer = await this.#tokens.sign(...call);
          signing = performance.now() - began;
          return answer;
        },
        sealsOnKey: async () => ({ seals: [], digests: [] }),
        audit: {
          append: (record) => {
            const began = performance.now();
            this.#audit.append(record);
            audit = performance.now() - began;
          },
        },
      },
      { pinPort: () => this.#pinPort() },
    );
    return { ...millis, signing, audit };
  }

  /** The token host's end of a channel at whose other end the right PIN is given, once. */
  #pinPort(): Port {
    const [hostEnd, ownEnd] = portPair();
    ownEnd.onMessage((message) => {
      const reply = pinReplySchema.parse(message);
      if (reply.type !== 'ask') return;
      if (reply.wrong) ownEnd.post({ type: 'cancel' });
      else ownEnd.post({ type: 'submit', pin: this.practice.token.pin, lastTryAgreed: false });
    });
    return hostEnd;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Writes out what the kernel still holds back, so that nobody pays for the work of the one before. */
export async function settleDisk(): Promise<void> {
  await execute('sync');
}

/**
 * Runs a program to its end.
 * @throws Error with what it said when it fails
 */
export async function run(
  program: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<string> {
  const { stdout } = await execute(program, args, { maxBuffer: 16 * 1024 * 1024, ...options });
  return stdout;
}
