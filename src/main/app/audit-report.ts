import type { AuditEntry, AuditVerdict } from '../audit/index.ts';
import { bilingual, escaped, localTime, page, pair, text } from './paper.ts';

/** What stands on the report besides the entries. */
export interface AuditReportFacts {
  verdict: AuditVerdict;
  /** Hash of the newest entry: whoever keeps this paper can prove later that nothing before it was changed. */
  head: string;
  now: Date;
  version: string;
  practice: boolean;
}

/** The log of privileged acts as a page, oldest first: when, who, what, on which key, and how it ended. */
export function auditReport(entries: readonly AuditEntry[], facts: AuditReportFacts): string {
  const { verdict } = facts;
  const said = verdict.ok
    ? pair('papers:audit.intact', { count: verdict.entries })
    : pair('papers:audit.broken', { entry: verdict.firstBroken });
  const heads = ['seq', 'at', 'act', 'key', 'result', 'actor'];
  return page(
    'papers:audit.title',
    `${facts.practice ? `<p class="practice">${pair('papers:practice')}</p>` : ''}
<p class="say">${said}</p>
<p class="say">${pair('papers:audit.head')} ${escaped(facts.head)}</p>
<p class="say">${pair('papers:audit.printed')} ${escaped(localTime(facts.now.toISOString()))}</p>
<table class="log"><thead><tr>${heads.map((head) => `<th scope="col">${pair(`papers:audit.columns.${head}`)}</th>`).join('')}</tr></thead>
<tbody>${entries.map(line).join('')}</tbody></table>`,
    facts.version,
  );
}

function line(entry: AuditEntry): string {
  const about = entry.case;
  const details = [
    text(entry.subject),
    ...(about ? [escaped(`${about.reason} ${about.reference} ${about.staff}`.trim())] : []),
  ];
  const key = entry.token ? `${text(entry.token.label)}<br>${escaped(entry.token.serial)}` : '—';
  const ended =
    entry.result === 'ok'
      ? pair('papers:audit.ok')
      : `${bilingual((t) => t(`errors:${entry.result}.heading`, { defaultValue: entry.result }))}<br>${escaped(entry.result)}`;
  return `<tr><td>${entry.seq}</td><td>${escaped(localTime(entry.at))}</td><td>${bilingual((t) =>
    t(`papers:audit.act.${entry.act}`, { defaultValue: entry.act }),
  )}${details.join('<br>')}</td><td>${key}</td><td>${ended}</td><td>${text(entry.actor)}</td></tr>`;
}
