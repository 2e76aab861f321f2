export const pin = {};
