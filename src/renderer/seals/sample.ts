import type { SealApplicationView, SealCard } from '../../shared/domain/index.ts';

/** A seal for tests: all is well with it, but for what is said otherwise. */
export function seal(
  more: Partial<Omit<SealCard, 'status'>> & { status?: Partial<SealCard['status']> } = {},
) {
  const id = more.id ?? '37060000000001';
  const card: SealCard = {
    id,
    sha256: id.padStart(64, '0'),
    name: '公章',
    kind: 'official',
    unit: 'Unit X',
    creditCode: '12370600MB2854097J',
    administrator: 'Administrator',
    vendor: 'YKP',
    maker: 'Maker',
    standard: 'V4',
    token: { module: 'm', serial: '0B217C9055E14F7A', label: 'Key 01' },
    present: true,
    where: 'key',
    certificate: {
      sha256: 'c'.repeat(64),
      id: 'c1',
      holder: 'Unit X 公章',
      notAfter: '2029-11-16T00:00:00Z',
    },
    createdAt: '2026-11-20T02:00:00Z',
    validFrom: '2026-11-20T02:00:00Z',
    validUntil: '2029-11-16T00:00:00Z',
    widthMm: 42,
    heightMm: 42,
    verdict: 'valid',
    steps: (
      ['format', 'maker-signature', 'maker-certificate', 'dates', 'listed', 'picture', 'rules'] as const
    ).map((step) => ({ step, state: 'ok', reason: 'right', details: {} })),
    code: null,
    uses: { count: 0, last: null },
    ...more,
    status: { state: 'normal', since: null, asOf: '2026-11-22T02:00:00Z', stale: false, ...more.status },
  };
  return card;
}

/** An application for tests, as it waits for the authority. */
export function application(more: Partial<SealApplicationView> = {}): SealApplicationView {
  return {
    id: 'a1',
    number: 'YZ20261122-0017',
    phase: 'review',
    token: { module: 'm', serial: '0B217C9055E14F7A', label: 'Key 01' },
    certificate: { sha256: 'c'.repeat(64), holder: 'Unit X 公章', unit: 'Unit X' },
    name: '公章',
    kind: 'official',
    administrator: 'Administrator',
    widthMm: 42,
    heightMm: 42,
    checks: [],
    sealId: null,
    reviewUrl: null,
    reason: '',
    bound: null,
    progress: null,
    error: null,
    createdAt: '2026-11-22T02:00:00Z',
    updatedAt: '2026-11-22T02:10:00Z',
    ...more,
  };
}
