import { element } from './dom.ts';
import type { Drawn, Tools } from './parts.ts';
import type { AskView } from './state.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Staff, keyboard, holder: a drawing beside the words that say the same. */
function drawing(staff: string, holder: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'draw');
  svg.setAttribute('viewBox', '0 0 320 96');
  svg.setAttribute('aria-hidden', 'true');
  const shape = (tag: string, attributes: Record<string, string>, text?: string) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    svg.append(made);
  };
  shape('circle', { class: 'soft', cx: '40', cy: '26', r: '14' });
  shape('path', { class: 'soft', d: 'M12 70c2-16 12-24 28-24s26 8 28 24z' });
  shape('path', { class: 'soft', d: 'M84 48h40', 'stroke-dasharray': '2 6' });
  shape('rect', { class: 'fill', x: '136', y: '36', width: '48', height: '24', rx: '4' });
  shape('path', {
    d: 'M144 44h.1M152 44h.1M160 44h.1M168 44h.1M176 44h.1M148 52h24',
    'stroke-width': '2',
  });
  shape('path', { d: 'M196 48h36M224 40l8 8-8 8' });
  shape('circle', { cx: '276', cy: '26', r: '14' });
  shape('path', { class: 'fill', d: 'M248 70c2-16 12-24 28-24s26 8 28 24z' });
  shape('text', { x: '40', y: '90' }, staff);
  shape('text', { class: 'to', x: '276', y: '90' }, holder);
  return svg;
}

/** "Hand over to the key's holder": nothing can be typed here, so that nobody types the PIN for somebody else. */
export function handOver(next: AskView, { t, leave, take }: Tools): Drawn {
  const heading = element('h1', { tabindex: '-1', id: 'hand' }, t('pin:handOver.heading'));
  const minutes = next.expiresAt === null ? null : Math.floor((next.expiresAt - performance.now()) / 60_000);
  const content = element(
    'div',
    { class: 'form is-hand' },
    drawing(t('pin:handOver.staff'), t('pin:handOver.holder')),
    element(
      'div',
      {},
      heading,
      element('p', { class: 'hand-note' }, t('pin:handOver.note')),
      element('h2', {}, t('pin:handOver.look')),
      element(
        'ol',
        { class: 'hand-how' },
        ...['one', 'two', 'three'].map((line, index) =>
          element('li', {}, element('b', {}, String(index + 1)), t(`pin:handOver.${line}`)),
        ),
      ),
      minutes !== null &&
        element(
          'p',
          { class: 'note hand-time' },
          t('pin:handOver.minutes', { minutes: Math.max(1, minutes) }),
        ),
    ),
    element('div', {}),
    element(
      'div',
      { class: 'acts' },
      element('button', { class: 'btn', type: 'button', onclick: leave }, t('pin:cancel')),
      element('button', { class: 'btn btn-main', type: 'button', onclick: take }, t('pin:handOver.start')),
    ),
  );
  // Not the button: an Enter too much by the staff must not go on.
  return { content, focus: heading, spoken: t('pin:handOver.heading') };
}
