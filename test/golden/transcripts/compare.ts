import { difference } from './differences.ts';
import { normal } from './normal.ts';
import { lines, type Recording, type Said } from './recordings.ts';
import { translated, withoutHint, withoutLog } from './translate.ts';

/** The lines in which stave's answer differs from Docker's recorded one; empty where it is the same. */
export function compared(recording: Recording, said: Said): string {
  const { anyOrder, command } = recording;
  const anyWidth = command.includes('127.0.0.1:5599');
  const told = translated(recording.said, command);
  const docker = normal(
    { ...told, stderr: withoutLog(told.stderr) },
    { anyOrder, anyWidth },
  );
  const stave = normal({
      code: said.code,
      stdout: command.includes('2>&1') ? withoutHint(said.stdout) : said.stdout,
      stderr: withoutHint(withoutLog(said.stderr)),
    }, { anyOrder, anyWidth });
  return difference(lines(docker), lines(stave));
}
