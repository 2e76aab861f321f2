// The list is one for all screens: a picture added or removed under Seals shows here at once.
export { useSeals, useSealUrl } from '../api/index.ts';
