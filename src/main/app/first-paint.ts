import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from '../../shared/contract/index.ts';
import { languageFor } from '../../shared/i18n/language.ts';
import type { Bounds } from './windows.ts';

/**
 * What the first paint needs: where the window stood, and a copy of the settings. It is a small file of its own so
 * that the window doesn't wait for the store; the store's settings win as soon as it is open.
 */
export interface FirstPaint {
  settings: Settings;
  bounds: Bounds | undefined;
}

const FILE = 'window.json';
const LIMIT = 4096;

/** Reads it; whatever isn't there or isn't right is as at the first start. Checked by hand: no schemas this early. */
export function readFirstPaint(userData: string, systemLanguages: readonly string[]): FirstPaint {
  const found = read(path.join(userData, FILE));
  const { language, theme, bounds } = found as { language?: unknown; theme?: unknown; bounds?: unknown };
  return {
    settings: {
      language: language === 'zh-CN' || language === 'en' ? language : languageFor(systemLanguages[0] ?? ''),
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    },
    bounds: isBounds(bounds) ? bounds : undefined,
  };
}

/** Writes it for the next start, whole or not at all; a disk that refuses costs no more than the window's place. */
export function writeFirstPaint(userData: string, { settings, bounds }: FirstPaint): void {
  const file = path.join(userData, FILE);
  try {
    writeFileSync(`${file}.new`, JSON.stringify({ ...settings, bounds }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // A full or read-only disk: the store tells the user about it.
  }
}

function read(file: string): object {
  try {
    const text = readFileSync(file, 'utf8');
    const value: unknown = text.length <= LIMIT ? JSON.parse(text) : undefined;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isBounds(value: unknown): value is Bounds {
  if (typeof value !== 'object' || value === null) return false;
  const { x, y, width, height, maximized } = value as Partial<Bounds>;
  const whole = (number: unknown, least: number) =>
    Number.isInteger(number) && (number as number) >= least && (number as number) <= 100_000;
  const placed = whole(x, -100_000) && whole(y, -100_000);
  return placed && whole(width, 200) && whole(height, 200) && typeof maximized === 'boolean';
}
