import { createHash, randomBytes } from 'node:crypto';
import { checkSignature, DerError, der, type SignatureAlgorithm } from '../certificates/index.ts';
import {
  FieldError,
  type InnerList,
  type Member,
  type Parameters,
  readDictionary,
  writeInnerList,
  writeString,
} from './http-signatures-fields.ts';

// HTTP Message Signatures (RFC 9421) with digests of the content (RFC 9530): what an order's requests need of them.

/** Names of RFC 9421 6.2.2. */
export type HttpSignatureAlgorithm = 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384' | 'rsa-v1_5-sha256';

interface AlgorithmFacts {
  scheme: 'ecdsa' | 'rsa-pkcs1';
  hash: 'sha256' | 'sha384';
  /** Bytes of r and of s; 0 where the signature is no such pair. */
  half: number;
}

const algorithms: Record<HttpSignatureAlgorithm, AlgorithmFacts> = {
  'ecdsa-p256-sha256': { scheme: 'ecdsa', hash: 'sha256', half: 32 },
  'ecdsa-p384-sha384': { scheme: 'ecdsa', hash: 'sha384', half: 48 },
  'rsa-v1_5-sha256': { scheme: 'rsa-pkcs1', hash: 'sha256', half: 0 },
};

/** The algorithm for a key of this type ('EC-P256', 'RSA-2048' ...); null: none is registered for it. */
export function httpSignatureAlgorithm(keyType: string): HttpSignatureAlgorithm | null {
  if (keyType === 'EC-P256') return 'ecdsa-p256-sha256';
  if (keyType === 'EC-P384') return 'ecdsa-p384-sha384';
  return /^RSA-\d+$/.test(keyType) ? 'rsa-v1_5-sha256' : null;
}

/** One part of a message under a signature, by its name in RFC 9421 (`@method`, `content-type` ...), and its value. */
export type Component = readonly [name: string, value: string];

export interface HttpRequest {
  method: string;
  /** The whole address, as the client asked for it. */
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
}

/**
 * Why a request's signature is not accepted.
 * - missing: it has none
 * - malformed: its fields can't be read, or say something that is not used here
 * - uncovered: a part that has to be under the signature is not
 * - digest: the content is not the one that was signed
 * - clock: made too long ago, or in the future
 * - key: nobody is known by this key id
 * - wrong: it is not this key's signature of this request
 */
export type HttpSignatureFault = 'missing' | 'malformed' | 'uncovered' | 'digest' | 'clock' | 'key' | 'wrong';

export class HttpSignatureError extends Error {
  readonly fault: HttpSignatureFault;

  constructor(fault: HttpSignatureFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HttpSignatureError';
    this.fault = fault;
  }
}

/** Value of the Content-Digest field (RFC 9530 2), SHA-256. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/**
 * The bytes that are signed (RFC 9421 2.5): a line for each component, and `parameters` (the list of components with
 * its parameters, serialised) as the last one.
 * @throws HttpSignatureError malformed
 */
export function signatureBase(components: readonly Component[], parameters: string): Uint8Array {
  const lines = components.map(([name, value]) => `${writeString(name)}: ${value}`);
  const base = [...lines, `"@signature-params": ${parameters}`];
  // A line break in a value could pass for another component.
  if (base.some((line) => !/^[\x20-\x7e\t]*$/.test(line)))
    throw new HttpSignatureError('malformed', 'a component with characters that no field can have');
  return Buffer.from(base.join('\n'), 'ascii');
}

/** Dss-Sig-Value (RFC 3279 2.2.3) -> r and s side by side, each of `half` bytes. */
function pairFromDer(signature: Uint8Array, half: number): Uint8Array {
  const value = der.readDer(signature).as(der.tags.sequence);
  if (value.children.length !== 2) throw new DerError('a signature has two numbers');
  const numbers = value.children.map((node) => {
    const bytes = der.readIntegerBytes(node);
    const unsigned = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    if (bytes[0]! & 0x80 || unsigned.length > half) throw new DerError('a number of no possible size');
    return Buffer.concat([Buffer.alloc(half - unsigned.length), unsigned]);
  });
  return Buffer.concat(numbers);
}

function derFromPair(pair: Uint8Array): Uint8Array {
  const half = pair.length / 2;
  return der.seq(der.uint(pair.subarray(0, half)), der.uint(pair.subarray(half)));
}

/** The component's value in this request; null: the request has no such field. */
function componentValue(request: HttpRequest, name: string): string | null {
  if (name === '@method') return request.method;
  if (name === '@target-uri') return request.url;
  const value = request.headers[name];
  return value === undefined ? null : value.trim();
}

/** What every signature has to cover of this request, in the order in which it is written. */
function neededComponents(request: HttpRequest): string[] {
  const needed = ['@method', '@target-uri'];
  if (request.body.length > 0) needed.push('content-digest', 'content-type');
  if (request.headers['idempotency-key'] !== undefined) needed.push('idempotency-key');
  return needed;
}

const covering = new Set(['@method', '@target-uri', 'content-digest', 'content-type', 'idempotency-key']);

/** The key that signs, as far as a request needs to know it: `sign` answers an ECDSA value in DER. */
export interface HttpSigner {
  keyId: string;
  algorithm: HttpSignatureAlgorithm;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const label = 'sig1';

/**
 * Signs a request: method, address, content with its type, and the idempotency key where there is one.
 * @param options `lifetimeSeconds`: how long the signature is good for
 * @returns the fields to add: `content-digest` (with a body), `signature-input`, `signature`
 */
export async function signRequest(
  request: HttpRequest,
  signer: HttpSigner,
  options: { now: Date; lifetimeSeconds?: number; nonce?: string },
): Promise<Record<string, string>> {
  const added: Record<string, string> =
    request.body.length > 0 ? { 'content-digest': contentDigest(request.body) } : {};
  const whole = { ...request, headers: { ...request.headers, ...added } };
  const names = neededComponents(whole);
  const created = Math.floor(options.now.getTime() / 1000);
  const list: InnerList = {
    items: names.map((value) => ({ value, parameters: new Map() })),
    parameters: new Map<string, string | number>([
      ['created', created],
      ['expires', created + (options.lifetimeSeconds ?? 120)],
      ['keyid', signer.keyId],
      ['alg', signer.algorithm],
      ['nonce', options.nonce ?? randomBytes(18).toString('base64url')],
    ]),
  };
  const parameters = writeInnerList(list);
  const base = signatureBase(readComponents(whole, names), parameters);
  const { half } = algorithms[signer.algorithm];
  const made = await signer.sign(base);
  const signature = half > 0 ? pairFromDer(made, half) : made;
  added['signature-input'] = `${label}=${parameters}`;
  added.signature = `${label}=:${Buffer.from(signature).toString('base64')}:`;
  return added;
}

function readComponents(request: HttpRequest, names: readonly string[]): Component[] {
  return names.map((name) => {
    const value = componentValue(request, name);
    if (value === null) throw new HttpSignatureError('malformed', `${name} is not in the request`);
    return [name, value];
  });
}

function isList(member: Member | undefined): member is InnerList {
  return member !== undefined && 'items' in member;
}

function readField(text: string): Map<string, Member> {
  try {
    return readDictionary(text);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new HttpSignatureError('malformed', error.message, { cause: error });
  }
}

/** Names under the signature: ours alone, each once, without parameters of their own (`;req`, `;bs` ...). */
function readNames(list: InnerList): string[] {
  const names = list.items.map(({ value, parameters }) => {
    if (typeof value !== 'string' || !covering.has(value) || parameters.size > 0)
      throw new HttpSignatureError('malformed', 'a component that is not used here');
    return value;
  });
  if (new Set(names).size !== names.length)
    throw new HttpSignatureError('malformed', 'a component stands twice');
  return names;
}

function text(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (typeof value !== 'string' || value === '')
    throw new HttpSignatureError('malformed', `${name} is missing`);
  return value;
}

function seconds(parameters: Parameters, name: string): number {
  const value = parameters.get(name);
  if (typeof value !== 'number') throw new HttpSignatureError('malformed', `${name} is missing`);
  return value;
}

function checkDigest(request: HttpRequest): void {
  const field = request.headers['content-digest'];
  const member = field === undefined ? undefined : readField(field).get('sha-256');
  const claimed = member && !isList(member) ? member.value : null;
  const real = createHash('sha256').update(request.body).digest();
  if (!(claimed instanceof Uint8Array) || !real.equals(claimed))
    throw new HttpSignatureError('digest', 'the content has another digest');
}

export interface VerifiedRequest {
  keyId: string;
  /** Each is good for one request: who verifies keeps it until `expires`. */
  nonce: string;
  created: Date;
  expires: Date;
}

const knownParameters = new Set(['created', 'expires', 'keyid', 'alg', 'nonce']);

/**
 * Verifies the one signature of a request (RFC 9421 3.2). Everything that `signRequest` covers has to be covered.
 * @param keyOf the key for a key id: its DER SubjectPublicKeyInfo and its type ('EC-P256' ...); null: not known
 * @param options `maxAgeSeconds` since it was made, whatever it says of its end; `skewSeconds`: how far the signer's clock
 *   may be ahead
 * @throws HttpSignatureError
 */
export function verifyRequest(
  request: HttpRequest,
  keyOf: (keyId: string) => { spki: Uint8Array; keyType: string } | null,
  options: { now: Date; maxAgeSeconds: number; skewSeconds?: number },
): VerifiedRequest {
  const inputField = request.headers['signature-input'];
  const signatureField = request.headers.signature;
  if (inputField === undefined || signatureField === undefined)
    throw new HttpSignatureError('missing', 'the request has no signature');
  const inputs = readField(inputField);
  const signatures = readField(signatureField);
  const name = [...inputs.keys()][0];
  const list = name === undefined ? undefined : inputs.get(name);
  const member = name === undefined ? undefined : signatures.get(name);
  if (inputs.size !== 1 || signatures.size !== 1 || !isList(list) || !member || isList(member))
    throw new HttpSignatureError('malformed', 'there has to be one signature, with its input');
  const signature = member.value;
  if (!(signature instanceof Uint8Array) || member.parameters.size > 0)
    throw new HttpSignatureError('malformed', 'the signature is no byte sequence');

  const names = readNames(list);
  const missing = neededComponents(request).find((needed) => !names.includes(needed));
  if (missing) throw new HttpSignatureError('uncovered', `${missing} is not signed`);
  const { parameters } = list;
  for (const parameter of parameters.keys()) {
    if (!knownParameters.has(parameter))
      throw new HttpSignatureError('malformed', `${parameter} is not used here`);
  }
  const keyId = text(parameters, 'keyid');
  const nonce = text(parameters, 'nonce');
  if (!/^[\w-]{16,64}$/.test(nonce)) throw new HttpSignatureError('malformed', 'a nonce of another form');
  const created = seconds(parameters, 'created');
  const expires = seconds(parameters, 'expires');
  const algorithm = text(parameters, 'alg');

  const key = keyOf(keyId);
  if (!key) throw new HttpSignatureError('key', 'the key is not known');
  if (algorithm !== httpSignatureAlgorithm(key.keyType))
    throw new HttpSignatureError('wrong', 'not the algorithm of this key');
  const facts = algorithms[algorithm as HttpSignatureAlgorithm];
  if (facts.half > 0 && signature.length !== 2 * facts.half)
    throw new HttpSignatureError('wrong', 'a signature of another length');
  const base = signatureBase(readComponents(request, names), writeInnerList(list));
  const how: SignatureAlgorithm = { oid: '', scheme: facts.scheme, hash: facts.hash, saltLength: null };
  const value = facts.half > 0 ? derFromPair(signature) : signature;
  if (checkSignature(how, key.spki, base, value) !== 'right')
    throw new HttpSignatureError('wrong', 'not the signature of this key');
  // After the signature: whose clock is wrong is told to the holder of the key alone.
  const now = options.now.getTime() / 1000;
  if (created > now + (options.skewSeconds ?? 60) || now - created > options.maxAgeSeconds || expires < now)
    throw new HttpSignatureError('clock', 'made too long ago or in the future');
  if (names.includes('content-digest')) checkDigest(request);
  return { keyId, nonce, created: new Date(created * 1000), expires: new Date(expires * 1000) };
}
