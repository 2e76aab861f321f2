import type { EnvironmentFact } from '../domain/environment.ts';

/** The part of i18next's `t` that is needed here. */
type Translate = (key: string, values?: Record<string, unknown>) => string;

/** A fact of the environment check in one line, for people. */
export function environmentLine(t: Translate, fact: EnvironmentFact): string {
  const text = (values: Record<string, unknown>) => t(`care:environment.fact.${fact.what}`, values);
  switch (fact.what) {
    case 'driver': {
      const error = fact.error === null ? '' : t(`errors:${fact.error}.heading`);
      const state = [t(`keys:module.${fact.state}`), error].filter(Boolean).join(' · ');
      const name = [fact.file, fact.version].filter(Boolean).join(' ');
      return text({ name, state, sha256: fact.sha256.slice(0, 16) });
    }
    case 'key': {
      const error = fact.error === null ? '' : ` · ${t(`errors:${fact.error}.heading`)}`;
      return text({
        ...fact,
        pin: t(`keys:pin.${fact.pin}.word`),
        soPin: t(`keys:pin.${fact.soPin}.word`),
        error,
      });
    }
    case 'slot': {
      const error = fact.error === null ? [] : [t(`errors:${fact.error}.heading`)];
      const can =
        fact.can === null
          ? t('care:environment.ability.untold')
          : fact.can
              .map((ability) => t(`care:environment.ability.${ability}`))
              .join(t('care:environment.and')) || t('care:environment.ability.none');
      const flags = [
        ...(fact.loginRequired ? [t('care:environment.flag.login')] : []),
        ...(fact.writeProtected ? [t('care:environment.flag.readOnly')] : []),
      ];
      const which = fact.serialEnd === '' ? 'blankSlot' : 'slot';
      return t(`care:environment.fact.${which}`, {
        ...fact,
        can,
        rest: [...flags, ...error].map((each) => ` · ${each}`).join(''),
      });
    }
    case 'silent':
      return text({ ...fact, why: t(`errors:${fact.error ?? 'driver.hung'}.heading`) });
    case 'time': {
      if (fact.ahead === null) return t(`care:environment.fact.time.${fact.source}`);
      const source = t(`care:environment.source.${fact.source}`);
      const word = fact.ahead === 0 ? 'same' : fact.ahead > 0 ? 'ahead' : 'behind';
      return t(`care:environment.fact.time.${word}`, { source, minutes: Math.abs(fact.ahead) });
    }
    case 'code':
      return text({ heading: t(`errors:${fact.code}.heading`) });
    case 'font':
      return t(`care:environment.fact.font.${fact.found ? 'yes' : 'no'}`);
    case 'free':
      return text({ gigabytes: (fact.megabytes / 1000).toFixed(1) });
    case 'program':
      return text({ ...fact, mode: t(`screens:support.${fact.practice ? 'practice' : 'real'}`) });
    default:
      return text({ ...fact });
  }
}
