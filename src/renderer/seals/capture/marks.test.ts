import { describe, expect, it } from 'vitest';
import type { CaptureSession } from '../../../shared/domain/index.ts';
import { edgeAt, findingsOf, reachAround, turned, viewSide } from './marks.ts';
import { sampleSession } from './sample.ts';

const circle = { shape: 'circle', widthMm: 42, heightMm: 42 } as const;
const long = { shape: 'rectangle', widthMm: 50, heightMm: 20 } as const;

describe('the edge of a seal', () => {
  it('lies where its shape says', () => {
    expect(edgeAt(circle, 77)).toBeCloseTo(21);
    expect(edgeAt({ shape: 'ellipse', widthMm: 40, heightMm: 30 }, 90)).toBeCloseTo(20);
    expect(edgeAt({ shape: 'ellipse', widthMm: 40, heightMm: 30 }, 180)).toBeCloseTo(15);
    expect(edgeAt(long, 0)).toBeCloseTo(10);
    expect(edgeAt(long, 270)).toBeCloseTo(25);
  });

  it('is walked along by a length', () => {
    const [from, to] = reachAround(circle, 30, (42 * Math.PI) / 12);
    expect((from + to) / 2).toBeCloseTo(30);
    expect(to - from).toBeCloseTo(30, 1);
    const [left, right] = reachAround(long, 0, 10);
    expect(Math.tan((right * Math.PI) / 180) * 10).toBeCloseTo(5, 1);
    expect(left).toBeCloseTo(-right);
  });
});

describe('what was found on an impression', () => {
  const inView = (session: CaptureSession) => {
    const half = viewSide(session.result!) / 2;
    for (const { mark } of findingsOf(session)) {
      if (!mark) continue;
      const at = mark.kind === 'skew' ? mark.at : turned(mark.at, session.result!.rotation);
      expect(Math.max(Math.abs(at.x), Math.abs(at.y)), mark.kind).toBeLessThan(half);
    }
  };

  it('is nothing for a good one', () => {
    expect(findingsOf(sampleSession({}))).toEqual([]);
  });

  it('comes with what needs doing first, each with its mark inside the view', () => {
    const session = sampleSession(
      {
        verdict: 'refuse',
        rotation: -2.3,
        notes: ['textOverSeal'],
        checks: [
          {
            name: 'ink',
            value: 70,
            unit: '%',
            limit: { min: 75 },
            verdict: 'usable',
            where: { angle: 225, clock: 8, degrees: 0, lengthMm: 3 },
          },
          {
            name: 'ring',
            value: 91.4,
            unit: '%',
            limit: { min: 98 },
            verdict: 'refuse',
            where: { angle: 30, clock: 1, degrees: 30, lengthMm: 11 },
          },
        ],
      },
      {
        views: {
          scanSideMm: 79,
          specks: [
            { x: -20.6, y: 19.3, size: 1 },
            { x: -19, y: 20, size: 0.4 },
          ],
        },
      },
    );
    const found = findingsOf(session);
    expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'ring redo',
      'ink usable',
      'specks cleared',
      'turned turned',
      'textOverSeal leftOut',
    ]);
    const specks = found[2]!.mark;
    expect(specks?.kind === 'specks' && specks.circles).toHaveLength(1);
    inView(session);
  });

  it('says what becomes of a scan that is too large, or no JPG', () => {
    const notes = ['fileTooLarge'] as const;
    const state = (scan: CaptureSession['scan'], more: readonly 'fileTooLarge'[] = []) =>
      findingsOf(sampleSession({ notes: [...more] }, { scan })).map(({ state }) => state);
    expect(state('too-large', notes)).toEqual(['shrink']);
    expect(state('shrunk', notes)).toEqual(['shrunk']);
    expect(state('converted')).toEqual(['convert']);
    expect(state('file')).toEqual([]);
  });
});
