import { describe, expect, it } from 'vitest';
import { commandFor, type KeyStroke } from './keyboard.ts';

const stroke = (key: string, more: Partial<KeyStroke> = {}): KeyStroke => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe('commandFor', () => {
  it('goes to the places with Ctrl, with Cmd on a Mac', () => {
    expect(commandFor(stroke('1', { ctrlKey: true }), 'linux', false)).toEqual({ type: 'go', place: 'keys' });
    expect(commandFor(stroke('6', { ctrlKey: true }), 'win32', true)).toEqual({
      type: 'go',
      place: 'support',
    });
    expect(commandFor(stroke('4', { metaKey: true }), 'darwin', false)).toEqual({
      type: 'go',
      place: 'documents',
    });
    expect(commandFor(stroke('4', { ctrlKey: true }), 'darwin', false)).toBeNull();
    expect(commandFor(stroke('7', { ctrlKey: true }), 'linux', false)).toBeNull();
    expect(commandFor(stroke('1', { ctrlKey: true, altKey: true }), 'linux', false)).toBeNull();
  });

  it('opens, places, and moves between panes, also while one types', () => {
    expect(commandFor(stroke('o', { ctrlKey: true }), 'linux', true)).toEqual({ type: 'open' });
    expect(commandFor(stroke('P', { ctrlKey: true }), 'linux', true)).toEqual({ type: 'place' });
    expect(commandFor(stroke('F6'), 'linux', true)).toEqual({ type: 'pane', back: false });
    expect(commandFor(stroke('F6', { shiftKey: true }), 'linux', true)).toEqual({ type: 'pane', back: true });
  });

  it('takes ? as a letter where one types', () => {
    expect(commandFor(stroke('?', { shiftKey: true }), 'linux', false)).toEqual({ type: 'map' });
    expect(commandFor(stroke('?', { shiftKey: true }), 'linux', true)).toBeNull();
  });

  it('leaves all else alone', () => {
    expect(commandFor(stroke('a'), 'linux', false)).toBeNull();
    expect(commandFor(stroke('1'), 'linux', false)).toBeNull();
    expect(commandFor(stroke(' ', { ctrlKey: true }), 'linux', false)).toBeNull();
  });
});
