/**
 * What a screen uses of the shell. A screen renders `<TopTitle title note />` and one `<div className="body">`
 * holding `<main className="stage" id="main" data-pane="stage">` and, where it has one, `<aside className="panel" data-pane="panel">`.
 */
export { useRouter } from './router.tsx';
export { TopTitle, useActive, useAnnounce, useAnnounceChanges } from './slots.tsx';
