import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';
import { createTexts, type Language, languageFor } from '../../shared/i18n/index.ts';

/** Exit codes of the command line; scripts rely on them. */
export const exitCodes = { done: 0, refused: 1, usage: 2, token: 3, authority: 4 } as const;

/** Refused by this program, before the key was asked for anything: no trouble of the key. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'token.new-pin-length',
  'token.new-pin-refused',
  'token.not-empty',
  'token.serial-mismatch',
  'token.label-too-long',
]);

/** The exit code that belongs to a failure. */
function exitCodeFor(code: ErrorCode): number {
  if (refusals.has(code)) return exitCodes.refused;
  if (code === 'usage' || code.startsWith('request.')) return exitCodes.usage;
  if (code.startsWith('token.') || code.startsWith('driver.')) return exitCodes.token;
  if (code.startsWith('authority.')) return exitCodes.authority;
  if (code.startsWith('practice.')) return exitCodes.token;
  return exitCodes.refused;
}

/** What a command leaves behind: one JSON document for scripts, lines for people, an exit code. */
export interface Outcome {
  json: unknown;
  lines: string[];
  exit: number;
}

/** The language of the terminal, by the usual variables; C and POSIX mean English. */
export function terminalLanguage(env: NodeJS.ProcessEnv): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || Intl.DateTimeFormat().resolvedOptions().locale;
  return languageFor(locale.replace('_', '-'));
}

/** Words of a failure in the terminal's language: what happened, what it means, what to do. */
function describe(
  error: YinkeyError,
  language: Language,
): { heading: string; meaning: string; next: string } {
  const texts = createTexts(language);
  const say = (part: string) => texts.t(`errors:${error.code}.${part}`, { ...error.details });
  return { heading: say('heading'), meaning: say('meaning'), next: say('next') };
}

/** Anything thrown, as a failure with a code. */
export function asYinkeyError(error: unknown): YinkeyError {
  if (error instanceof YinkeyError) return error;
  return new YinkeyError(
    'unexpected',
    { name: error instanceof Error ? error.name : typeof error },
    { cause: error },
  );
}

/** The outcome of a failed command: words for people on standard error, `{ error }` for scripts. */
export function failure(error: YinkeyError, language: Language): Outcome {
  const { heading, meaning, next } = describe(error, language);
  const cause =
    error.code === 'unexpected' && error.cause instanceof Error ? [String(error.cause.stack)] : [];
  return {
    json: { error: { code: error.code, details: error.details, heading, meaning, next } },
    lines: [`${heading} (${error.code})`, meaning, next, ...cause].filter((line) => line !== ''),
    exit: exitCodeFor(error.code),
  };
}
