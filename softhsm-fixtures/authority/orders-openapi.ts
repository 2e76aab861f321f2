import { z } from 'zod';
import {
  catalogueSchema,
  orderRequestSchema,
  orderSchema,
  type Problem,
  problemSchema,
  quoteRequestSchema,
  quoteSchema,
  receiptSchema,
} from '../../src/shared/domain/orders.ts';
import { sealRoutes, sealSchemas } from './seals-openapi.ts';

const named = {
  Catalogue: catalogueSchema,
  QuoteRequest: quoteRequestSchema,
  Quote: quoteSchema,
  OrderRequest: orderRequestSchema,
  Order: orderSchema,
  Orders: z.array(orderSchema),
  Receipt: receiptSchema,
  Problem: problemSchema,
  ...sealSchemas,
};
type SchemaName = keyof typeof named;

/** HTTP statuses of the refusals. */
export const problemStatus = {
  'unknown-certificate': 404,
  'unknown-order': 404,
  'unknown-seal': 404,
  'window-not-open': 409,
  expired: 409,
  revoked: 409,
  'order-exists': 409,
  'seal-exists': 409,
  rules: 422,
  'not-paid': 409,
  'not-in-this-state': 409,
  'signature-missing': 401,
  'signature-wrong': 403,
  clock: 403,
  invalid: 400,
  'not-found': 404,
  unavailable: 503,
} as const satisfies Record<Problem['code'], number>;

export interface ApiRoute {
  method: 'get' | 'post';
  /** Below /api, as OpenAPI writes it. */
  path: string;
  operationId: string;
  summary: string;
  body?: SchemaName;
  /** null: answers an object of no schema of ours. */
  answer: SchemaName | null;
  /** Under HTTP Message Signatures by the certificate's key; 'or-account': unless the content names the account's data. */
  signed?: boolean | 'or-account';
  idempotent?: boolean;
  query?: { name: string; description: string; pattern: string };
  problems: readonly Problem['code'][];
}

const renewalProblems = [
  'unknown-certificate',
  'window-not-open',
  'expired',
  'revoked',
  'order-exists',
] as const;
const signatureProblems = ['signature-missing', 'signature-wrong', 'clock', 'revoked'] as const;

/** Every route of the API: the server and its description are both made of this. */
export const apiRoutes = {
  catalogue: {
    method: 'get',
    path: '/catalogue',
    operationId: 'catalogue',
    summary: 'What the authority is, and where its services are',
    answer: 'Catalogue',
    problems: [],
  },
  quote: {
    method: 'post',
    path: '/quotes',
    operationId: 'quote',
    summary: 'What a renewal of a certificate would cost, for each number of years',
    body: 'QuoteRequest',
    answer: 'Quote',
    problems: [...renewalProblems, 'invalid', 'unavailable'],
  },
  create: {
    method: 'post',
    path: '/orders',
    operationId: 'createOrder',
    summary: 'Orders a renewal. The same idempotency key and the same request answer the same order',
    body: 'OrderRequest',
    answer: 'Order',
    idempotent: true,
    problems: [...renewalProblems, 'invalid'],
  },
  find: {
    method: 'get',
    path: '/orders',
    operationId: 'findOrders',
    summary: 'All orders for a certificate, for its holder',
    answer: 'Orders',
    signed: true,
    query: {
      name: 'certificate',
      description: 'SHA-256 of the certificate’s DER, lower-case hex',
      pattern: '^[0-9a-f]{64}$',
    },
    problems: [...signatureProblems, 'unknown-certificate', 'invalid'],
  },
  read: {
    method: 'get',
    path: '/orders/{id}',
    operationId: 'readOrder',
    summary: 'An order with its history, for whoever knows its id',
    answer: 'Order',
    problems: ['unknown-order'],
  },
  confirm: {
    method: 'post',
    path: '/orders/{id}/confirm',
    operationId: 'confirmOrder',
    summary: 'The holder confirms a paid order; asked again it changes nothing',
    answer: 'Order',
    signed: true,
    problems: [...signatureProblems, 'expired', 'unknown-order', 'not-paid', 'not-in-this-state'],
  },
  cancel: {
    method: 'post',
    path: '/orders/{id}/cancel',
    operationId: 'cancelOrder',
    summary: 'The holder takes an order back, as long as nothing was issued',
    answer: 'Order',
    signed: true,
    problems: [...signatureProblems, 'unknown-order', 'not-in-this-state'],
  },
  receipt: {
    method: 'get',
    path: '/orders/{id}/receipt',
    operationId: 'readReceipt',
    summary: 'What a receipt says, once the order is paid',
    answer: 'Receipt',
    problems: ['unknown-order', 'not-paid'],
  },
  description: {
    method: 'get',
    path: '/openapi.json',
    operationId: 'readDescription',
    summary: 'This description',
    answer: null,
    problems: [],
  },
  ...sealRoutes,
} as const satisfies Record<string, ApiRoute>;

/** Form of an idempotency key. */
export const idempotencyPattern = '^[A-Za-z0-9_-]{16,64}$';

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const jsonContent = (schema: object) => ({ 'application/json': { schema } });

function header(name: string, description: string, pattern?: string): object {
  const schema = { type: 'string', ...(pattern ? { pattern } : {}) };
  return { name, in: 'header', required: true, description, schema };
}

const signatureHeaders = [
  header(
    'Signature-Input',
    'RFC 9421: one signature over @method, @target-uri and, with content, content-digest and content-type; with created, expires, keyid (SHA-256 of the certificate, hex), alg (ecdsa-p256-sha256, ecdsa-p384-sha384 or rsa-v1_5-sha256) and a nonce of 16-64 characters that is used once',
  ),
  header('Signature', 'RFC 9421: the signature by the certificate’s key'),
];

function signingHeaders({ signed = false, method }: ApiRoute): object[] {
  if (!signed) return [];
  const digest = method === 'post' ? [header('Content-Digest', 'RFC 9530: sha-256 of the content')] : [];
  return [...signatureHeaders, ...digest].map((one) => ({ ...one, required: signed === true }));
}

function parametersOf(route: ApiRoute): object[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[\\w-]{16,64}$' },
  }));
  const { query } = route;
  return [
    ...inPath,
    ...(query
      ? [
          {
            name: query.name,
            in: 'query',
            required: true,
            description: query.description,
            schema: { type: 'string', pattern: query.pattern },
          },
        ]
      : []),
    ...(route.idempotent
      ? [header('Idempotency-Key', 'Made by the client, new for each order', idempotencyPattern)]
      : []),
    ...signingHeaders(route),
  ];
}

function operationOf(route: ApiRoute): object {
  const byStatus = new Map<number, string[]>();
  const always = ['not-found', 'invalid', 'unavailable'] as const;
  for (const code of new Set([...route.problems, ...always])) {
    const status = problemStatus[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const refusals = [...byStatus].map(([status, problems]) => [
    String(status),
    { description: problems.join(', '), content: jsonContent(reference('Problem')) },
  ]);
  const answer = route.answer ? reference(route.answer) : { type: 'object' };
  const body = route.body ? reference(route.body) : { type: 'object', maxProperties: 0 };
  return {
    operationId: route.operationId,
    summary: route.summary,
    parameters: parametersOf(route),
    ...(route.method === 'post' ? { requestBody: { required: true, content: jsonContent(body) } } : {}),
    responses: {
      200: { description: route.summary, content: jsonContent(answer) },
      ...Object.fromEntries(refusals),
    },
  };
}

/** The OpenAPI 3.1 description of the orders and seals API, made of the schemas that both sides parse with. */
export function openApi(url: string): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    target: 'draft-2020-12',
    uri: (id) => `#/components/schemas/${id}`,
  });
  for (const schema of Object.values(schemas)) {
    delete schema.$id;
    delete schema.$schema;
  }
  const paths: Record<string, Record<string, object>> = {};
  for (const route of Object.values<ApiRoute>(apiRoutes)) {
    const path = paths[route.path] ?? {};
    path[route.method] = operationOf(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: '印钥练习发证机构：续期订单与电子印章 / YinKey practice authority: renewal orders and seals',
      version: '1.1.0',
      description: '练习 / practice. 它签发的一切都没有效力。/ Nothing that it issues is worth anything.',
    },
    servers: [{ url: `${url}/api` }],
    paths,
    components: { schemas },
  };
}
