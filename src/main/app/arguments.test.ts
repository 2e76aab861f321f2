import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';

describe('the command line of the client', () => {
  const cwd = path.resolve('/home/someone');

  it('finds its own switches among those of Chromium', () => {
    expect(
      parseArguments(['--no-sandbox', '--practice=world', '--user-data=/tmp/u', '--lang=zh-CN'], cwd),
    ).toEqual({
      practice: path.join(cwd, 'world'),
      userData: path.resolve('/tmp/u'),
      files: [],
      cli: undefined,
    });
  });

  it('takes PDF files and nothing else, and passes over the folder of the app', () => {
    expect(parseArguments(['folder.pdf', 'a.PDF', 'b.txt', '-c.pdf'], cwd, 1).files).toEqual([
      path.join(cwd, 'a.PDF'),
    ]);
  });

  it('does not take an empty folder for the current one', () => {
    expect(parseArguments(['--practice=', '--user-data='], cwd)).toMatchObject({
      practice: undefined,
      userData: undefined,
    });
  });

  it('hands everything after --cli to the command line client, unread', () => {
    expect(parseArguments(['--cli', 'stamp', '--practice=x'], cwd)).toEqual({
      practice: undefined,
      userData: undefined,
      files: [],
      cli: ['stamp', '--practice=x'],
    });
  });
});
