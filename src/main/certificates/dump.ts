import { DerError, type DerNode, readDer, readOid, readText, readTime, tags } from './der.ts';
import { oids } from './oids.ts';

/** Lines and characters in a line that a dump has at most. */
const limits = { lines: 600, width: 160, depth: 24 };

const tagNames = new Map<number, string>(
  Object.entries(tags).map(([name, value]) => [value as number, name] as const),
);
const oidNames = new Map<string, string>(Object.entries(oids).map(([name, value]) => [value, name]));
const hex = (bytes: Uint8Array) => {
  const shown = bytes.subarray(0, 48);
  return `${Buffer.from(shown).toString('hex')}${bytes.length > shown.length ? ` ... (${bytes.length})` : ''}`;
};

/** The structure of a DER value, a line for each element: for people who look that closely. Never throws. */
export function dumpDer(der: Uint8Array): string[] {
  const lines: string[] = [];
  const walk = (node: DerNode, depth: number): void => {
    if (lines.length >= limits.lines) return;
    const name = tagNames.get(node.tag) ?? `[${node.tag & 0x1f}]`;
    const constructed = (node.tag & 0x20) !== 0;
    const said = constructed ? '' : ` ${saidOf(node)}`;
    lines.push(`${'  '.repeat(depth)}${name}${said}`.slice(0, limits.width));
    if (constructed && depth < limits.depth) for (const child of node.children) walk(child, depth + 1);
  };
  try {
    walk(readDer(der), 0);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    lines.push('...');
  }
  if (lines.length >= limits.lines) lines.push('...');
  return lines;
}

function saidOf(node: DerNode): string {
  try {
    if (node.tag === tags.oid) {
      const oid = readOid(node);
      return oidNames.has(oid) ? `${oid} ${oidNames.get(oid)}` : oid;
    }
    if (node.tag === tags.utcTime || node.tag === tags.generalizedTime) return readTime(node).toISOString();
    const text =
      /string$/i.test(tagNames.get(node.tag) ?? '') &&
      ![tags.bitString, tags.octetString].includes(node.tag as never);
    if (text) return readText(node);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  return hex(node.value);
}
