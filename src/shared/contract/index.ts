export * from './channels.ts';
export * from './pin.ts';
