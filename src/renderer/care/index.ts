export { CareNews, ofKey } from './CareNews.tsx';
export { CareNotices } from './CareNotices.tsx';
export { changePin } from './change-pin.ts';
export { careWords } from './words.ts';
