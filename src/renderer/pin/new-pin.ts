import { pinStrength } from '../../shared/pin-policy.ts';
import { element, icon } from './dom.ts';
import { fieldOf } from './fields.ts';
import { type Drawn, sayLine, type Tools } from './parts.ts';
import { type AskView, canConfirm, type Rule, ruleStates, rules } from './state.ts';

const signs = { open: 'dots', ok: 'check', bad: 'cross' } as const;

/** The page where a new PIN is made: twice the field, the rules with their ticks, and what changes now. */
export function newPin(view: AskView, tools: Tools, head: HTMLElement): Drawn {
  const { t, send, leave, purpose } = tools;
  const so = view.field === 'new-so-pin';
  const first = fieldOf(t, {
    id: 'field',
    label: t(`pin:fields.${view.field}`),
    note: '',
    max: view.max,
    invalid: view.refused !== null,
  });
  const second = fieldOf(t, {
    id: 'repeat',
    label: t('pin:fields.repeat'),
    note: '',
    max: view.max,
    invalid: false,
  });
  const list = element('ul', { class: 'rules note' });
  const strength = element('span', {});
  first.element.querySelector('.field-head span')?.replaceWith(strength);
  const confirm = element('button', { class: 'btn btn-main', type: 'submit' }, t(`pin:save.${view.field}`));
  const typed = () => ({ pin: first.input.value, repeated: second.input.value, agreed: false });

  // Which other PIN it must not be: the one that is replaced, or the staff's.
  const other = purpose.purpose === 'change-pin' || purpose.purpose === 'change-so-pin' ? 'old' : 'so';
  const listed = rules.filter((rule) => rule !== 'other' || !(so && purpose.purpose === 'initialise'));
  const wordOf = (rule: Rule) => {
    if (rule === 'length') {
      return view.min === view.max
        ? t('pin:lengthExact', { min: view.min })
        : view.max < 255
          ? t('pin:length', { min: view.min, max: view.max })
          : t('pin:lengthFrom', { min: view.min });
    }
    return t(rule === 'other' ? `pin:rule.other.${other}` : `pin:rule.${rule}`);
  };
  const judge = () => {
    const states = ruleStates(view, typed());
    list.replaceChildren(
      ...listed.map((rule) => {
        const state = states[rule];
        return element(
          'li',
          { class: `rule-${state}`, 'data-rule': rule, 'data-state': state },
          icon(signs[state], 'i i-s'),
          element('span', {}, wordOf(rule)),
          // The sign alone says nothing to those who do not see it.
          state !== 'open' && element('span', { class: 'out-of-sight' }, t(`pin:ruleState.${state}`)),
        );
      }),
    );
    strength.textContent =
      states.length !== 'ok' || Object.values(states).includes('bad')
        ? ''
        : t('pin:strengthIs', { word: t(`pin:strength.${pinStrength(typed().pin)}`) });
    confirm.disabled = !canConfirm(view, typed());
  };
  judge();
  for (const { input } of [first, second]) input.addEventListener('input', judge);

  const form = element(
    'form',
    {
      class: 'form is-new',
      onsubmit: (event) => {
        event.preventDefault();
        if (!canConfirm(view, typed())) return;
        confirm.disabled = true;
        const { pin } = typed();
        first.input.value = '';
        second.input.value = '';
        send({ type: 'submit', pin, lastTryAgreed: false });
      },
    },
    head,
    element('div', {}, first.element, second.element, list),
    element(
      'div',
      { class: 'ask-room' },
      view.refused !== null || view.emptied
        ? sayLine(view, tools)
        : element('p', { class: 'say note', id: 'say' }, t(`pin:changes.${purpose.purpose}.${view.field}`)),
    ),
    element(
      'div',
      { class: 'acts' },
      element('button', { class: 'btn', type: 'button', onclick: leave }, t('pin:cancel')),
      confirm,
    ),
  );
  // Enter in the first field goes on to the second: a disabled button would swallow it.
  first.input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || canConfirm(view, typed())) return;
    event.preventDefault();
    second.input.focus();
  });
  return { content: form, focus: first.input, spoken: '' };
}
