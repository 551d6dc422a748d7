import type { Said } from './recordings.ts';

const PREFIX = /^(?:ERROR: docker: |ERROR: |Error parsing reference: |Error saving credentials: |docker: Error response from daemon: |docker: |Error response from daemon: |Error: )/;

/** How Docker's parts hand on why a container did not start. */
const PLUMBING =
  /failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: /;

/**
 * What Docker said, in the words that stave has for all commands alike: the rules at the top of differences.md.
 */
export function translated({ stdout, stderr, code }: Said, command: string): Said {
  return {
    stdout: mixed(stdout, command),
    stderr: isQuiet(stderr, code, command) ? named(stderr, command) : complaint(named(stderr, command)),
    code,
  };
}

/** Whether it holds no complaint of Docker's own: nothing failed, or a program in a container did. */
function isQuiet(stderr: string, code: number, command: string): boolean {
  if (!/^(?!#\d)./m.test(stderr)) return true;
  if (/^(?:ERROR|docker|Error response from daemon|unknown flag)/m.test(stderr)) return false;
  return code === 0 || / run .*sh -c/.test(command);
}

/** The words of a command line, for stave. */
export function asStave(command: string): string {
  return command
    .replaceAll(/\bdocker(?=$| (?!driver)|[);])/g, 'stave')
    .replaceAll(/\bpython3 \.\.\/ptydrive\.py\b/g, 'pty')
    // Things may take longer here.
    .replaceAll('--since 5s', '--since 1h')
    .replaceAll('sleep 2;', 'sleep 8;');
}

function named(text: string, command: string): string {
  const typed = /\bdocker buildx b/.test(command) ? text : text.replaceAll('docker buildx build', 'docker build');
  return typed.replaceAll(/(?<=^|['" (])docker(?=$| (?!driver)|:)/gm, 'stave');
}

/** Standard output, which a pipeline may have mixed with complaints. */
function mixed(text: string, command: string): string {
  const plain = named(text, command);
  return command.includes('2>&1') ? plain.replaceAll(/^ERROR: /gm, 'Error: ') : plain;
}

/** An error: its text behind one prefix, no page of usage, one way to point to the help. */
function complaint(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => !/^Usage: {2}stave/.test(line))
    .map((line) => line.replace(/^(?:See|SRun|Run) 'stave/, "Run 'stave"));
  let found = false;
  let kept = lines.map((line) => {
    const plain = line.replace(/^stave: /, 'docker: ');
    if (!PREFIX.test(plain) && !plain.startsWith('ERROR: stave: ')) return line;
    found = true;
    return `Error: ${plain.replace(/^ERROR: stave: /, '').replace(PREFIX, '').replace(PLUMBING, '')}`;
  });
  kept = kept.filter((line, index) => line !== '' || kept[index - 1] !== '' || index === kept.length - 1);
  if (!found) {
    const end = kept.findIndex((line) => line.startsWith("Run 'stave"));
    const last = kept.findLastIndex((line, i) => line !== '' && (end < 0 || i < end));
    if (last >= 0) kept[last] = `Error: ${kept[last]}`;
  }
  return kept.join('\n');
}

/** Without the log of a build's steps, which has lines of its own in either. */
export function withoutLog(stderr: string): string {
  return /^#\d+ /m.test(stderr)
    ? stderr.replaceAll(/^(?:#\d+ .*\n)+\n?|^\d+ steps?, \d+ cached\n/gm, '')
    : stderr;
}

/** stave's own, without the line that offers a next step: Docker has none. */
export function withoutHint(text: string): string {
  return text.replaceAll(/^Hint: .*\n/gm, '');
}
