/** The name that people know a seal maker by, out of the subject of its certificate. */
export function makerName(subject: string): string {
  return /(?:^|,\s*)CN=([^,]+)/.exec(subject)?.[1] ?? subject;
}
